import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

@Suite("Merging")
struct MergeTests {
    private struct Failure: Error {}

    private func model(_ golden: MergeCase, dtype: DType? = nil) -> MergedModel {
        MergedModel(golden.folder, golden.weights, isTied: golden.adapted.tiesEmbeddings, dtype: dtype)
    }

    private func message(_ body: () throws -> Void) -> String {
        let error = #expect(throws: (any Error).self, performing: body)
        return error.map { "\($0)" } ?? ""
    }

    @Test("Every case is found")
    func cases() { #expect(MergeCase.all.count >= 8) }

    @Test("A merged folder in float32 has the adapter's logits", arguments: MergeCase.all)
    func logits(golden: MergeCase) throws {
        try withOutput { output in
            try model(golden, dtype: .float32).write(to: output, shardBytes: .max)
            let merged = try ModelFolder(output).load(computing: .float32).model.generative
            for row in 0..<2 {
                let batch = golden.batch(row)
                #expect(distance(golden.adapted.logits(batch), merged.logits(batch)) < 1e-4)
            }
            #expect(MergeProbe(golden.adapted, merged).difference < 1e-4)
        }
    }

    @Test(
        "A merged folder has the base's names and types, and what the adapter leaves alone to the bit",
        arguments: MergeCase.all)
    func tensors(golden: MergeCase) throws {
        try withOutput { output in
            try model(golden).write(to: output, shardBytes: 9_000)
            let (base, merged) = (golden.folder.checkpoint, try ModelFolder(output).checkpoint)
            let added = Set(merged.names).subtracting(base.names)
            #expect(added.isEmpty)
            var changed = 0
            for name in base.names {
                let (old, new) = (try #require(base[name]), try #require(merged[name]))
                #expect(
                    merged.storedName(name) == base.storedName(name) && new.dtype == old.dtype && new.shape == old.shape
                )
                let isSame = old.withBytes { a in new.withBytes { a.elementsEqual($0) } }
                let changes = MergedWeights(golden.weights, into: base, computing: .float32).changes(name)
                #expect(isSame || changes, "\(name)")
                changed += isSame ? 0 : 1
            }
            #expect(changed > 0)
        }
    }

    @Test("A merged CLIP model compares pictures and texts as the adapter does")
    func contrastive() throws {
        let folder = try ModelFolder(MergeCase.fixtures.appending(path: "tiny-clip/model"))
        let adapter = MergeCase.fixtures.appending(path: "tiny-clip/adapter")
        let base = try folder.load(computing: .float32)
        let plan = try AdapterPlan(
            configuration: AdapterFolder.configuration(in: adapter).configuration, modules: base.modules,
            modelType: folder.modelType)
        let fresh = try AdapterWeights(plan: plan, checkpoint: folder.checkpoint, seed: 1)
        let weights = try AdapterWeights.loaded(from: adapter, fresh: fresh).weights
        let adapted = try folder.load(computing: .float32, customization: weights).model
        try withOutput { output in
            try MergedModel(folder, weights, isTied: false, dtype: .float32).write(to: output, shardBytes: .max)
            let merged = try ModelFolder(output).load(computing: .float32).model
            #expect(MergeProbe(adapted, merged).difference < 1e-4)
            #expect(MergeProbe(base.model, merged).difference > 1e-2)
        }
    }

    @Test("Shards hold what they may, and the index names each tensor's")
    func shards() throws {
        let golden = try MergeCase.named("llama-gqa")
        try withOutput { output in
            try model(golden).write(to: output, shardBytes: 20_000)
            let names = try FileManager.default.contentsOfDirectory(atPath: output.path)
                .filter { $0.hasSuffix(".safetensors") }
            #expect(names.count > 3 && names.contains("model-00001-of-0000\(names.count).safetensors"))
            for name in names {
                let file = try SafetensorsFile(path: output.appending(path: name).path)
                let size = file.stateDict.entries.reduce(0) { $0 + $1.tensor.byteCount }
                #expect(size <= 20_000 || file.names.count == 1)
                #expect(file.metadata == ["format": "pt"])
            }
            let loaded = try ModelFolder(output).load(computing: .float32).model
            #expect(MergeProbe(golden.adapted, loaded).difference < 1e-4)
        }
    }

    /// What an adapter trains of the embeddings of a model that ties them.
    enum Trained: CaseIterable { case input, output, factors }

    /// An adapter of a tied model that moves one of the embeddings away from the other.
    private func untying(_ golden: MergeCase, _ trained: Trained) throws -> AdapterWeights {
        var configuration = AdapterConfiguration()
        configuration.lora.initialWeights = .random
        configuration.targetModules = .names(trained == .factors ? ["q_proj", "lm_head"] : ["q_proj"])
        configuration.modulesToSave = trained == .factors ? [] : [trained == .input ? "embed_tokens" : "lm_head"]
        let plan = try AdapterPlan(
            configuration: configuration, modules: golden.folder.load(computing: .float32).modules, modelType: "llava")
        let weights = try AdapterWeights(plan: plan, checkpoint: golden.folder.checkpoint, seed: 5)
        for parameter in weights.parameters where parameter.description.role == .saved {
            parameter.tensor.updateInPlace { values in for index in values.indices { values[index] *= 1.3 } }
        }
        return weights
    }

    @Test(
        "An output embedding that is no longer the input embedding is stored, and the configuration says so",
        arguments: ["llama-tied-llama3rope", "llama-save-vision"], Trained.allCases)
    func untied(name: String, trained: Trained) throws {
        let golden = try MergeCase.named(name)
        let weights = try untying(golden, trained)
        let adapted = try golden.folder.load(computing: .float32, customization: weights).model
        try withOutput { output in
            try MergedModel(golden.folder, weights, isTied: true, dtype: .float32).write(to: output, shardBytes: .max)
            let folder = try ModelFolder(output)
            let merged = try folder.load(computing: .float32).model
            #expect(!merged.tiesEmbeddings)
            #expect(MergeProbe(adapted, merged).difference < 1e-4)
            #expect(MergeProbe(golden.adapted, merged).difference > 1e-2)
            let isOld = golden.folder.checkpoint.storedName("model.language_model.norm.weight")
                .hasPrefix("language_model.")
            #expect(
                folder.checkpoint.storedName("lm_head.weight")
                    == (isOld ? "language_model.lm_head.weight" : "lm_head.weight"))
        }
    }

    @Test("The configuration is the base's to the byte, unless it must change")
    func configuration() throws {
        let golden = try MergeCase.named("llama-gqa")
        let original = try Data(contentsOf: golden.folder.url.appending(path: "config.json"))
        try withOutput { output in
            try model(golden).write(to: output, shardBytes: .max)
            #expect(try Data(contentsOf: output.appending(path: "config.json")) == original)
        }
        try withOutput { output in
            try model(golden, dtype: .float16).write(to: output, shardBytes: .max)
            let file = output.appending(path: "config.json")
            #expect(try JSONValue(parsing: Data(contentsOf: file), file: "config.json")["dtype"] == .string("float16"))
            #expect(try ModelFolder(output).checkpoint["lm_head.weight"]?.dtype == .float16)
        }
    }

    @Test("Other files come along, links as what they link to; folders, hidden files and old weights do not")
    func files() throws {
        let golden = try MergeCase.named("qwen2-tied-sharded")
        try withOutput { output in
            let base = output.deletingLastPathComponent().appending(path: "base")
            let manager = FileManager.default
            try manager.copyItem(at: golden.folder.url, to: base)
            try Data("{}".utf8).write(to: base.appending(path: ".hidden"))
            try Data("old".utf8).write(to: base.appending(path: "pytorch_model.bin"))
            try Data("template".utf8).write(to: base.appending(path: "stored"))
            try manager.createSymbolicLink(
                at: base.appending(path: "chat_template.jinja"), withDestinationURL: base.appending(path: "stored"))
            let folder = try ModelFolder(base)
            try MergedModel(folder, golden.weights, isTied: true).write(to: output, shardBytes: .max)
            let names = Set(try manager.contentsOfDirectory(atPath: output.path))
            #expect(names.isSuperset(of: ["config.json", "model.safetensors", "chat_template.jinja"]))
            #expect(
                names.isDisjoint(with: [".hidden", "pytorch_model.bin", "adapter", "model.safetensors.index.json"]))
            let attributes = try manager.attributesOfItem(atPath: output.appending(path: "chat_template.jinja").path)
            #expect(attributes[.type] as? FileAttributeType == .typeRegular)
        }
    }

    @Test("A folder that is not empty is refused; an empty one is taken")
    func occupied() throws {
        let golden = try MergeCase.named("llama-gqa")
        try withOutput { output in
            try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
            try model(golden).write(to: output, shardBytes: .max)
            #expect(message { try model(golden).write(to: output, shardBytes: .max) }.contains("is not empty"))
        }
    }

    @Test("Logits that are not numbers are not taken for close")
    func notNumbers() throws {
        let golden = try MergeCase.named("llama-gqa")
        let broken = try AdapterWeights(plan: golden.weights.plan, checkpoint: golden.folder.checkpoint, seed: 1)
        for parameter in broken.parameters { parameter.tensor.updateInPlace { $0[0] = .nan } }
        let model = try golden.folder.load(computing: .float32, customization: broken).model
        #expect(MergeProbe(golden.adapted, model).difference.isNaN)
        #expect(MergeProbe(model, golden.adapted).difference.isNaN)
    }

    @Test("What fails leaves nothing behind")
    func failures() throws {
        let golden = try MergeCase.named("llama-gqa")
        let broken = try AdapterWeights(plan: golden.weights.plan, checkpoint: golden.folder.checkpoint, seed: 1)
        for parameter in broken.parameters { parameter.tensor.updateInPlace { $0[0] = .nan } }
        try withOutput { output in
            let merged = MergedModel(golden.folder, broken, isTied: false)
            #expect(message { try merged.write(to: output, shardBytes: .max) }.contains("contains NaN or infinite"))
            #expect(throws: Failure.self) {
                try model(golden).write(to: output, shardBytes: .max) { _ in throw Failure() }
            }
            let parent = output.deletingLastPathComponent().path
            let left = try FileManager.default.contentsOfDirectory(atPath: parent)
            #expect(left.isEmpty)
        }
    }
}
