import Adapters
import Foundation
import Models
import Tensors
import Testing

@Suite("Laws of adapters")
struct AdapterLawTests {
    /// A model whose weights already hold W + s B A.
    private struct Merged: ModelCustomization {
        let weights: AdapterWeights
        let checkpoint: Checkpoint

        func adapter(at path: String) -> LowRankFactors? { nil }
        func rows(at path: String) -> ReplacedRows? { weights.rows(at: path) }

        func parameter(at path: String) -> Tensor? {
            if let own = weights.parameter(at: path) { return own.detached }
            let module = String(path.dropLast(".weight".count))
            guard path.hasSuffix(".weight"), let factors = weights.adapter(at: module), let base = checkpoint[path]
            else { return nil }
            let (out, rank, inputs) = (factors.b.shape[0], factors.b.shape[1], factors.a.shape[1])
            var values = base.values
            let (a, b) = (factors.a.values, factors.b.values)
            for i in 0..<out {
                for j in 0..<inputs {
                    let sum = (0..<rank).reduce(Float(0)) { $0 + b[i * rank + $1] * a[$1 * inputs + j] }
                    values[i * inputs + j] += factors.scale * sum
                }
            }
            return Tensor(values, shape: base.shape)
        }
    }

    @Test("Merging an adapter into the weights equals applying it", arguments: LlavaGolden.all)
    func merge(golden: LlavaGolden) throws {
        let (adapted, weights) = try golden.adapted(computing: .float32)
        let folder = try ModelFolder(golden.folder)
        let merged = try folder.load(
            computing: .float32, customization: Merged(weights: weights, checkpoint: folder.checkpoint)
        ).model.generative
        for batch in golden.rows {
            #expect(relativeDistance(merged.logits(batch).values, adapted.logits(batch).values) < 1e-5)
        }
    }

    @Test("Parameters are counted as PEFT counts them", arguments: LlavaGolden.all)
    func count(golden: LlavaGolden) throws {
        let (model, weights) = try golden.adapted(computing: .float32)
        let modules = try ModelFolder(golden.folder).load(computing: .float32).modules
        let count = ParameterCount(plan: weights.plan, modules: modules, tiesEmbeddings: model.tiesEmbeddings)
        #expect(count.trainable == golden.facts.trainable_parameters)
        #expect(count.all == golden.facts.all_parameters)
    }

    @Test("A written folder reads back with every key matched and the same values", arguments: LlavaGolden.all)
    func roundTrip(golden: LlavaGolden) throws {
        let weights = try golden.adapted(computing: .float32).weights
        let folder = FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try weights.write(to: folder)
        let model = try ModelFolder(golden.folder)
        let modules = try model.load(computing: .float32).modules
        let configuration = try AdapterFolder.configuration(in: folder).configuration
        let plan = try AdapterPlan(configuration: configuration, modules: modules, modelType: model.modelType)
        let fresh = try AdapterWeights(plan: plan, checkpoint: model.checkpoint, seed: 5)
        let (loaded, report) = try AdapterWeights.loaded(from: folder, fresh: fresh)
        #expect(report.missing.isEmpty && report.unexpected.isEmpty && report.matched.count == weights.parameters.count)
        for (mine, theirs) in zip(loaded.parameters, weights.parameters) {
            #expect(mine.description == theirs.description && mine.tensor.values == theirs.tensor.values)
        }
        let original = try SafetensorsFile(
            path: golden.folder.appending(path: "adapter/adapter_model.safetensors").path)
        let written = try SafetensorsFile(path: folder.appending(path: "adapter_model.safetensors").path)
        #expect(Set(written.names).isSubset(of: Set(original.names)))
    }

    @Test("Fresh adapters start without effect, and depend on nothing but the seed", arguments: LlavaGolden.all)
    func fresh(golden: LlavaGolden) throws {
        let folder = try ModelFolder(golden.folder)
        let base = try folder.load(computing: .float32)
        let configuration = try AdapterFolder.configuration(in: golden.folder.appending(path: "adapter")).configuration
        let plan = try AdapterPlan(configuration: configuration, modules: base.modules, modelType: folder.modelType)
        func weights(_ seed: UInt64) throws -> AdapterWeights {
            try AdapterWeights(plan: plan, checkpoint: folder.checkpoint, seed: seed)
        }
        let (one, again, other) = (try weights(1), try weights(1), try weights(2))
        #expect(zip(one.parameters, again.parameters).allSatisfy { $0.tensor.values == $1.tensor.values })
        #expect(!zip(one.parameters, other.parameters).allSatisfy { $0.tensor.values == $1.tensor.values })
        let adapted = try folder.load(computing: .float32, customization: one).model.generative
        let plain = try base.model.generative
        for batch in golden.rows {
            #expect(relativeDistance(adapted.logits(batch).values, plain.logits(batch).values) < 1e-6)
        }
    }
}
