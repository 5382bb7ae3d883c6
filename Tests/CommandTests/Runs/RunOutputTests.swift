import Foundation
import Testing
import Training

@testable import lorad

@Suite("The output folder of a run")
struct RunOutputTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("is one run's at a time")
    func locked() throws {
        var configuration = RunConfiguration()
        configuration.training.outputDir = "\(folder.path)/out"
        let output = RunOutput(configuration)
        var lock: FileLock? = try output.lock()
        #expect(lock != nil)
        let error = withExtendedLifetime(lock) { #expect(throws: CommandError.self) { try output.lock() } }
        #expect(error?.description.hasPrefix("another run is writing to \(folder.path)/out: ") == true)
        lock = nil
        #expect(throws: Never.self) { try output.lock() }
        #expect(throws: Never.self) { try output.prepare(resume: false, overwrite: false) }
        try Data().write(to: output.folder.appending(path: "trainer_log.jsonl"))
        let refusal = #expect(throws: CommandError.self) {
            try output.prepare(resume: false, overwrite: false, options: "--overwrite replaces it")
        }
        #expect(refusal?.description.hasSuffix("earlier run or adapter: --overwrite replaces it") == true)
    }
}
