import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

@Suite("ensure_weight_tying with modules_to_save")
struct SavedEmbeddingTyingTests {
    private static let embedding = "model.language_model.embed_tokens"
    private static let golden = MergeCase.fixtures.appending(path: "llava/qwen2-tied-save-together")

    private func plan(_ settings: String, tied: Bool = true) throws -> AdapterPlan {
        let modules = Golden.shared.modules("llava-llama").map { module in
            guard tied, module.isOutputEmbedding else { return module }
            return ModuleDescription(
                path: module.path, kind: module.kind, isOutputEmbedding: true, tiedTo: Self.embedding,
                parameters: module.parameters)
        }
        let targets = settings.contains("target_modules") ? "" : #""target_modules": ["q_proj"], "#
        return try AdapterPlan(
            configuration: configuration(#"{\#(targets)"ensure_weight_tying": true, \#(settings)}"#), modules: modules,
            modelType: "llava")
    }

    @Test(
        "saves the input embedding alone, under both keys, and lists it as PEFT does",
        arguments: [
            (["embed_tokens"], ["embed_tokens", embedding]), (["lm_head"], [embedding]),
            (["lm_head", "embed_tokens"], ["embed_tokens", embedding]), ([embedding], [embedding]),
        ])
    func saved(names: [String], written: [String]) throws {
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        let plan = try plan("\"modules_to_save\": [\(list)]")
        let own = plan.parameters.filter { $0.role == .saved }
        #expect(own.map(\.path) == ["\(Self.embedding).weight"])
        #expect(own.first?.tiedKeys == ["base_model.model.lm_head.weight"])
        #expect(plan.savedModules == [Self.embedding] && plan.isSaved("lm_head") && plan.tiesSavedEmbeddings)
        #expect(plan.configuration.modulesToSave == written)
        #expect(plan.warnings.isEmpty, "\(plan.warnings)")
    }

    @Test("has no effect where nothing is tied or neither embedding is named, and says so")
    func withoutEffect() throws {
        let apart = try plan(#""modules_to_save": ["embed_tokens", "lm_head"]"#, tied: false)
        #expect(apart.parameters.count { $0.role == .saved } == 2 && !apart.tiesSavedEmbeddings)
        #expect(apart.warnings == ["ensure_weight_tying has no effect: this model has no tied embeddings"])
        let other = try plan(#""modules_to_save": ["linear_1"]"#)
        #expect(!other.tiesSavedEmbeddings && other.warnings.count == 1)
        #expect(other.warnings.allSatisfy { $0.contains("name embed_tokens or lm_head in modules_to_save") })
        #expect(try plan(#""trainable_token_indices": [1]"#).warnings.isEmpty)
    }

    @Test("is refused together with LoRA on the output embedding, and with rows of either embedding")
    func refused() {
        let head = message { _ = try plan(#""target_modules": ["q_proj", "lm_head"]"#) }
        #expect(head.contains("ensure_weight_tying with lm_head in target_modules"), "\(head)")
        for tokens in ["[1]", #"{"lm_head": [1]}"#] {
            let found = message {
                _ = try plan("\"modules_to_save\": [\"embed_tokens\"], \"trainable_token_indices\": \(tokens)")
            }
            #expect(found.contains("and modules_to_save both train"), "\(found)")
        }
    }

    /// The golden case's model and plan, and the weights of an adapter folder.
    private func loaded(_ adapter: URL) throws -> (folder: ModelFolder, weights: AdapterWeights) {
        let folder = try ModelFolder(Self.golden)
        let plan = try AdapterPlan(
            configuration: AdapterFolder.configuration(in: adapter).configuration,
            modules: folder.load(computing: .float32).modules, modelType: folder.modelType)
        let fresh = try AdapterWeights(plan: plan, checkpoint: folder.checkpoint, seed: 1)
        return (folder, try AdapterWeights.loaded(from: adapter, fresh: fresh).weights)
    }

    @Test("gives a folder with the keys and the bytes of PEFT's, and counts the tensor once in memory")
    func written() throws {
        let adapter = Self.golden.appending(path: "adapter")
        let weights = try loaded(adapter).weights
        #expect(weights.parameter(at: "lm_head.weight") != nil && weights.stateDict.count == weights.parameters.count)
        try withOutput { output in
            try weights.write(to: output)
            let files = try [adapter, output].map { try SafetensorsFile(path: AdapterFolder.weights(in: $0).path) }
            #expect(Set(files[0].names) == Set(files[1].names) && files[1].names.count == weights.parameters.count + 1)
            for name in files[0].names { #expect(files[0][name]?.values == files[1][name]?.values, "\(name)") }
            let read = try [adapter, output].map { try AdapterFolder.configuration(in: $0).configuration }
            #expect(read[0].modulesToSave == read[1].modulesToSave)
        }
    }

    @Test("loads a file with one of the two keys, and refuses one in which they differ")
    func keys() throws {
        let source = Self.golden.appending(path: "adapter")
        let state = try SafetensorsFile(path: AdapterFolder.weights(in: source).path).stateDict
        let keys = ["lm_head.weight", "\(Self.embedding).weight"].map { AdapterParameter.keyPrefix + $0 }
        let expected = try loaded(source).weights.parameter(at: "lm_head.weight")?.values
        try withOutput { output in
            try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                at: source.appending(path: AdapterFolder.configurationFile),
                to: output.appending(path: AdapterFolder.configurationFile))
            let file = output.appending(path: AdapterFolder.weightsFile).path
            for key in keys {
                let rest = state.entries.filter { $0.name != key }.map { ($0.name, $0.tensor) }
                try StateDict(rest).write(to: file, metadata: AdapterFolder.weightsMetadata)
                #expect(try loaded(output).weights.parameter(at: "\(Self.embedding).weight")?.values == expected)
            }
            let moved = state.entries.map { entry in
                let values = entry.tensor.values.map { $0 + 1 }
                return (entry.name, entry.name == keys[0] ? Tensor(values, shape: entry.tensor.shape) : entry.tensor)
            }
            try StateDict(moved).write(to: file, metadata: AdapterFolder.weightsMetadata)
            let found = message { _ = try loaded(output) }
            #expect(found.contains("differ, but ensure_weight_tying makes them one tensor"), "\(found)")
        }
    }

    @Test("merges into one tensor, and the configuration still ties")
    func merged() throws {
        let (folder, weights) = try loaded(Self.golden.appending(path: "adapter"))
        let base = try folder.load(computing: .float32).model
        let adapted = try folder.load(computing: .float32, customization: weights).model
        try withOutput { output in
            try MergedModel(folder, weights, isTied: true, dtype: .float32).write(to: output, shardBytes: .max)
            let written = try ModelFolder(output)
            let merged = try written.load(computing: .float32).model
            #expect(merged.tiesEmbeddings && written.checkpoint["lm_head.weight"] == nil)
            #expect(MergeProbe(adapted, merged).difference < 1e-4)
            #expect(MergeProbe(base, merged).difference > 1e-2)
        }
    }
}
