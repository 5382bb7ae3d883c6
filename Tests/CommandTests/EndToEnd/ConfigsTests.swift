import Foundation
import TestSupport
import Testing
import Training

@testable import lorad

@Suite("The run files under configs/", .ownThreads, .timeLimit(.minutes(10)))
struct ConfigsTests {
    static let names: [String] = {
        let found = try? FileManager.default.contentsOfDirectory(atPath: "\(TinyLlava.repository)/configs")
        return (found ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
    }()

    static let tiny = names.filter { $0.hasPrefix("tiny-") }
    /// Those whose data is the coordinator's.
    static let trainable = tiny.filter { $0 != "tiny-federated.yaml" }

    @Test("are there")
    func presence() { #expect(Self.names.count > Self.tiny.count && Self.tiny.count >= 2) }

    @Test("can be read, and write into out/", arguments: names)
    func reading(name: String) throws {
        let read = try RunFile.read(path: "\(TinyLlava.repository)/configs/\(name)", checksDisk: false)
        let title = String(name.dropLast(".yaml".count))
        #expect(read.run == title)
        #expect(read.training.outputDir == "out/\(title)")
    }

    @Test("work from the repository's root where they are tiny", arguments: trainable)
    func dryRun(name: String) async throws {
        let outcome = try await lorad("train", "--config", "configs/\(name)", "--dry-run")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("trainable params: "))
    }
}
