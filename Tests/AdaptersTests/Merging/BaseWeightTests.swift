import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

@Suite("Weights of the base in an adapter's file")
struct BaseWeightTests {
    /// The report on an adapter's file that holds other tensors besides.
    private func report(_ golden: MergeCase, adding tensors: [String: Tensor]) throws -> AdapterKeyReport {
        try withOutput { output in
            try golden.weights.write(to: output)
            let path = try AdapterFolder.weights(in: output).path
            let stored = try SafetensorsFile(path: path).stateDict.entries.map { ($0.name, $0.tensor.copied()) }
            var state = StateDict(stored)
            for (name, tensor) in tensors { state[AdapterParameter.keyPrefix + name] = tensor }
            try state.write(to: path)
            return try AdapterWeights.loaded(from: output, fresh: golden.weights).report
        }
    }

    /// Keys under which PEFT saves weights of the base, and what they are called there.
    static let keys = [
        ("model.language_model.embed_tokens.weight", "model.language_model.embed_tokens.weight"),
        ("lm_head.base_layer.weight", "lm_head.weight"),
        ("language_model.model.norm.weight", "model.language_model.norm.weight"),
    ]

    @Test("are harmless where they are this base's, rounded or not", arguments: keys, [DType.float32, .bfloat16])
    func copies(key: (String, String), type: DType) throws {
        let golden = try MergeCase.named("llama-gqa")
        let weight = try #require(golden.folder.checkpoint[key.1])
        let report = try report(golden, adding: [key.0: weight.converted(to: type).copied()])
        #expect(report.unexpected.count + report.ignored.count == 1 && report.missing.isEmpty)
    }

    @Test("are refused by name where they are others, for PEFT would use them", arguments: keys)
    func others(_ key: String, _ name: String) throws {
        let golden = try MergeCase.named("llama-gqa")
        let other = Tensor(zeros: try #require(golden.folder.checkpoint[name]).shape)
        let found = message { _ = try report(golden, adding: [key: other]) }
        #expect(found.contains("base_model.model.\(key) differs from \(name) of the base model"), "\(found)")
        #expect(found.contains("merge_and_unload"))
        #expect(found.contains("modules_to_save") == !key.contains("base_layer"))
    }

    @Test(
        "say how many rows do not fit where the vocabulary was enlarged, and how to go on",
        arguments: ["model.language_model.embed_tokens.weight", "lm_head.weight"])
    func enlarged(name: String) throws {
        let golden = try MergeCase.named("llama-gqa")
        let shape = try #require(golden.folder.checkpoint[name]).shape
        let found = message { _ = try report(golden, adding: [name: Tensor(zeros: [shape[0] + 4, shape[1]])]) }
        #expect(
            found.contains("has \(shape[0] + 4) rows, which do not fit the \(shape[0]) rows of \(name)"), "\(found)")
        #expect(found.contains("resize_token_embeddings(\(shape[0] + 4))") && !found.contains("modules_to_save"))
    }

    @Test("are compared with the input embedding where the model ties the output embedding to it")
    func tied() throws {
        let golden = try MergeCase.named("llama-tied-llama3rope")
        let embedding = try #require(golden.folder.checkpoint.parameter(at: "lm_head.weight"))
        #expect(try report(golden, adding: ["lm_head.weight": embedding.copied()]).unexpected.count == 1)
        let found = message { _ = try report(golden, adding: ["lm_head.weight": Tensor(zeros: embedding.shape)]) }
        #expect(found.contains("lm_head.weight differs from lm_head.weight of the base model"), "\(found)")
    }
}
