import Foundation
import Testing

@testable import lorad

@Suite("A worker's place")
struct WorkerPlaceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var workers: URL { URL(filePath: folder.path).appending(path: "workers") }

    @Test(
        "is never outside the folder of workers: what is no name is refused, and nothing is written",
        arguments: [
            "", ".", "..", ".hidden", "a/b", "../a", "a\nb", "a\u{0}", "a\u{1B}[2J", String(repeating: "x", count: 65),
        ])
    func refused(name: String) {
        #expect(throws: CommandError.self) { try WorkerPlace(in: workers, name: name) }
        #expect(!FileManager.default.fileExists(atPath: workers.path))
    }

    @Test("is named as the worker is, with a number where another has it")
    func taken() throws {
        let first = try WorkerPlace(in: workers, name: "ward 7")
        let second = try WorkerPlace(in: workers, name: "ward 7")
        #expect([first.name, second.name] == ["ward-7", "ward-7-2"])
        #expect(FileManager.default.fileExists(atPath: workers.appending(path: "ward-7/worker.key").path))
        // The records of what was given away are in the first one's folder.
        try first.checkRecords()
        let error = #expect(throws: CommandError.self) { try second.checkRecords() }
        #expect("\(error as (any Error)? ?? CocoaError(.featureUnsupported))".contains("works as ward-7"))
    }

    @Test("can have this machine's name")
    func machine() throws {
        #expect(try WorkerPlace(in: workers, name: WorkerPlace.machineName).name == WorkerPlace.machineName)
    }
}
