import Adapters
import Foundation
import Models
import Tensors
import Testing

/// Adapter folders that PEFT made, loaded here, and written back for PEFT to load:
///
///     python Tests/Fixtures/peft/roundtrip.py --make FOLDERS
///     LORAD_PEFT_FOLDERS=FOLDERS swift test … --filter PEFTFolderTests
///     for a in FOLDERS/*/written; do python Tests/Fixtures/peft/roundtrip.py --model Tests/Fixtures/llava/llama-gqa \
///         --adapter $a --logits $a/../expected.safetensors; done
@Suite("Adapter folders that PEFT made", .enabled(if: ProcessInfo.processInfo.environment["LORAD_PEFT_FOLDERS"] != nil))
struct PEFTFolderTests {
    private struct Expected: Decodable {
        var trainable_parameters: Int
    }

    private let golden = LlavaGolden.all.first { $0.name == "llama-gqa" }

    private static func folders(_ path: String) -> [URL] {
        let root = URL(filePath: ProcessInfo.processInfo.environment["LORAD_PEFT_FOLDERS"] ?? "").appending(path: path)
        let found = (try? FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil)) ?? []
        return found.filter {
            FileManager.default.fileExists(atPath: $0.appending(path: "adapter_config.json").path)
        }.sorted { $0.path < $1.path }
    }

    private func load(_ adapter: URL) throws -> (model: any GenerativeModel, weights: AdapterWeights) {
        let folder = try ModelFolder(try #require(golden).folder)
        let configuration = try AdapterFolder.configuration(in: adapter).configuration
        let modules = try folder.load(computing: .float32).modules
        let plan = try AdapterPlan(configuration: configuration, modules: modules, modelType: folder.modelType)
        let fresh = try AdapterWeights(plan: plan, checkpoint: folder.checkpoint, seed: 1)
        let (weights, report) = try AdapterWeights.loaded(from: adapter, fresh: fresh)
        #expect(report.missing.isEmpty && report.unexpected.isEmpty, "\(adapter.lastPathComponent): \(report)")
        return (try folder.load(computing: .float32, customization: weights).model.generative, weights)
    }

    @Test("They give PEFT's logits and count, and are written back", arguments: folders(""))
    func loaded(adapter: URL) throws {
        let (model, weights) = try load(adapter)
        let expected = try JSONDecoder().decode(
            Expected.self, from: Data(contentsOf: adapter.appending(path: "expected.json")))
        #expect(weights.plan.trainableCount == expected.trainable_parameters)
        let logits = try SafetensorsFile(path: adapter.appending(path: "expected.safetensors").path)
        for (row, batch) in try #require(golden).rows.enumerated() {
            let reference = try #require(logits["logits.\(row)"])
            #expect(relativeDistance(model.logits(batch).values, reference.values) < 1e-4)
        }
        try weights.write(to: adapter.appending(path: "written"))
    }

    @Test("Those that are not plain LoRA are refused", arguments: folders("refuse"))
    func refused(adapter: URL) {
        #expect(throws: AdapterError.self) { try load(adapter) }
    }
}
