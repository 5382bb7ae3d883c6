import Adapters
import Foundation
import Models
import Tensors
import Testing

@Suite("Laws of adapters")
struct AdapterLawTests {
    @Test("Merging an adapter into the weights equals applying it", arguments: LlavaGolden.all)
    func merge(golden: LlavaGolden) throws {
        let (adapted, weights) = try golden.adapted(computing: .float32)
        let folder = try ModelFolder(golden.base)
        let merged = try folder.load(
            computing: .float32, customization: MergedWeights(weights, into: folder.checkpoint, computing: .float32)
        ).model.generative
        for batch in golden.rows {
            #expect(relativeDistance(merged.logits(batch).values, adapted.logits(batch).values) < 1e-5)
        }
    }

    @Test("LoRA's merged weight is W + s B A", arguments: LlavaGolden.all.filter { $0.facts.base == nil })
    func product(golden: LlavaGolden) throws {
        let weights = try golden.adapted(computing: .float32).weights
        let checkpoint = try ModelFolder(golden.base).checkpoint
        let merged = MergedWeights(weights, into: checkpoint, computing: .float32)
        for linear in weights.plan.linears {
            let path = "\(linear.path).weight"
            let factors = try #require(weights.additions(at: linear.path).factors.first)
            let base = try #require(checkpoint[path] ?? checkpoint["model.language_model.embed_tokens.weight"])
            var values = base.values
            let (a, b) = (factors.a.values, factors.b.values)
            for i in 0..<linear.outputs {
                for j in 0..<linear.inputs {
                    let sum = (0..<linear.rank).reduce(Float(0)) {
                        $0 + b[i * linear.rank + $1] * a[$1 * linear.inputs + j]
                    }
                    values[i * linear.inputs + j] += Float(linear.scaling) * sum
                }
            }
            let found = try #require(merged.parameter(at: path))
            #expect(relativeDistance(found.values, values) < 1e-5, "\(path)")
        }
    }

    @Test("Parameters are counted as PEFT counts them", arguments: LlavaGolden.all)
    func count(golden: LlavaGolden) throws {
        let (model, weights) = try golden.adapted(computing: .float32)
        let modules = try ModelFolder(golden.base).load(computing: .float32).modules
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
        let model = try ModelFolder(golden.base)
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
        let folder = try ModelFolder(golden.base)
        let base = try folder.load(computing: .float32)
        let configuration = try AdapterFolder.configuration(in: golden.folder.appending(path: "adapter")).configuration
        let plan = try AdapterPlan(configuration: configuration, modules: base.modules, modelType: folder.modelType)
        func weights(_ seed: UInt64) throws -> AdapterWeights {
            try AdapterWeights(plan: plan, checkpoint: folder.checkpoint, seed: seed)
        }
        let (one, again, other) = (try weights(1), try weights(1), try weights(2))
        #expect(zip(one.parameters, again.parameters).allSatisfy { $0.tensor.values == $1.tensor.values })
        let isSame = zip(one.parameters, other.parameters).allSatisfy { $0.tensor.values == $1.tensor.values }
        #expect(isSame == !plan.parameters.contains { $0.start == .drawn })
        let adapted = try folder.load(computing: .float32, customization: one).model.generative
        let plain = try base.model.generative
        for batch in golden.rows {
            #expect(relativeDistance(adapted.logits(batch).values, plain.logits(batch).values) < 1e-6)
        }
    }
}
