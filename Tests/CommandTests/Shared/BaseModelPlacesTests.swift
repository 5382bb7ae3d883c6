import Foundation
import Testing

@testable import lorad

@Suite("The places where a worker looks for a base model")
struct BaseModelPlacesTests {
    @Test("are none unless the user named some: the coordinator learns nothing of this machine's files")
    func none() throws {
        #expect(try BaseModelPlaces().allowed("/") == nil)
    }

    @Test("lie within the folders that were named, whatever the path says")
    func within() throws {
        let folder = try TemporaryFolder()
        for name in ["models/base", "models-of-others", "elsewhere"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/models/link", withDestinationPath: "\(folder.path)/elsewhere")
        let places = BaseModelPlaces(roots: ["\(folder.path)/models"])
        for path in ["models/base", "models", "models/../models/base", "elsewhere/../models/base", "models/none"] {
            #expect(try places.allowed("\(folder.path)/\(path)") != nil, "\(path)")
        }
        for path in ["models/..", "models-of-others", "models/link", "models/../elsewhere", "elsewhere"] {
            #expect(try places.allowed("\(folder.path)/\(path)") == nil, "\(path)")
        }
    }

    @Test("must be there")
    func missing() {
        let error = #expect(throws: CommandError.self) {
            try BaseModelPlaces(roots: ["/nowhere/at/all"]).allowed("/etc")
        }
        #expect(error?.description == "--model-root /nowhere/at/all: no such folder")
    }
}
