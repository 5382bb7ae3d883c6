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

    @Test("pass a dry run with a small model and small data in place of theirs", arguments: names)
    func smallModel(name: String) async throws {
        let fixtures = "\(TinyLlava.repository)/Tests/Fixtures"
        let isContrastive = name.contains("clip") || name.hasPrefix("classification")
        let data = isContrastive ? "\(fixtures)/tiny-clip/data" : "\(fixtures)/tiny-llava/data"
        let settings = [
            "model.path=\(isContrastive ? "\(fixtures)/tiny-clip/model" : TinyLlava.model)",
            "data.train=\(data)/train.json", "data.validation=\(data)/val.json", "data.images=\(TinyLlava.pictures)",
            "data.template=auto",
        ]
        let outcome = try await LoradProcess(
            ["train", "--config", "configs/\(name)", "--dry-run"] + settings.flatMap { ["--set", $0] },
            in: TinyLlava.repository
        ).outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("trainable params: "))
    }

    @Test("work from the repository's root where they are tiny", arguments: trainable)
    func dryRun(name: String) async throws {
        let outcome = try await lorad("train", "--config", "configs/\(name)", "--dry-run")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("trainable params: "))
    }
}
