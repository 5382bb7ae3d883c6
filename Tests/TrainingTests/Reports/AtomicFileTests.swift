import Foundation
import Testing
import Training

@Suite("A file that is written atomically")
struct AtomicFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("replaces the old one, creates its folder, and leaves nothing else behind")
    func replaces() throws {
        let path = "\(folder.path)/a/b/file.txt"
        try AtomicFile.write("old and longer", to: path)
        try AtomicFile.write("new", to: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/a/b") == ["file.txt"])
    }

    @Test("holds megabytes as they are")
    func large() throws {
        let data = Data((0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try AtomicFile.write(data, to: "\(folder.path)/large")
        #expect(FileManager.default.contents(atPath: "\(folder.path)/large") == data)
    }

    @Test("that cannot be written is named, and no temporary file stays")
    func failure() throws {
        let path = try folder.write("", to: "file")
        try FileManager.default.createDirectory(atPath: "\(folder.path)/taken", withIntermediateDirectories: false)
        for target in ["\(path)/below", "\(folder.path)/taken"] {
            let message = errorMessage { try AtomicFile.write("x", to: target) }
            #expect(message?.hasPrefix("\(target): cannot be written") == true)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["file", "taken"])
    }
}
