import Foundation
import Models
import Tensors
import Testing

@Suite("Model folders")
struct ModelFolderTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/llava").standardized

    /// A copy of a fixture that a test may damage.
    private func copy(_ name: String, _ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: Self.fixtures.appending(path: name), to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func edit(_ folder: URL, _ change: (inout [String: Any]) -> Void) throws {
        let file = folder.appending(path: "config.json")
        var json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        change(&json)
        try JSONSerialization.data(withJSONObject: json).write(to: file)
    }

    private func message(_ folder: URL) -> String {
        let error = #expect(throws: (any Error).self) { try ModelFolder(folder).load(computing: .float32) }
        return error.map { "\($0)" } ?? ""
    }

    private func rewrite(_ folder: URL, _ change: (inout StateDict) -> Void) throws {
        let path = folder.appending(path: "model.safetensors").path
        var state = StateDict(try SafetensorsFile(path: path).stateDict.entries.map { ($0.name, $0.tensor.copied()) })
        change(&state)
        try state.write(to: path)
    }

    @Test("Missing and misshapen tensors are all named in one error")
    func badTensors() throws {
        try copy("llama-gqa") { folder in
            try rewrite(folder) { state in
                let names = state.names.filter { $0.hasSuffix("q_proj.weight") && $0.contains("language_model") }
                state[names[0]] = nil
                state[names[1]] = Tensor(zeros: [2, 2])
            }
            let text = message(folder)
            #expect(text.contains("missing tensors: model.language_model.layers.0.self_attn.q_proj.weight"))
            #expect(
                text.contains(
                    "model.language_model.layers.1.self_attn.q_proj.weight (expected [24, 24], found F32 [2, 2])"))
        }
    }

    @Test("Sizes that the weights do not have are reported without memory being taken for them")
    func hugeSizes() throws {
        try copy("llama-gqa") { folder in
            try edit(folder) { json in
                var text = json["text_config"] as? [String: Any] ?? [:]
                for key in ["vocab_size", "hidden_size", "intermediate_size", "head_dim"] { text[key] = 2_147_483_000 }
                text["num_hidden_layers"] = 9_000
                var vision = json["vision_config"] as? [String: Any] ?? [:]
                for key in ["image_size", "intermediate_size"] { vision[key] = 2_147_483_000 }
                vision["num_hidden_layers"] = 5_000
                json["text_config"] = text
                json["vision_config"] = vision
            }
            let text = message(folder)
            #expect(text.contains("missing tensors: model.vision_tower.encoder.layers.3.self_attn.k_proj.weight"))
            #expect(text.contains("all of model.vision_tower.encoder.layers.4 to 4999"), "\(text)")
            #expect(text.contains("model.language_model.embed_tokens.weight (expected [2147483000, 2147483000]"))
        }
    }

    @Test("Weights of a type that is not computed with are told from those of the wrong shape")
    func unsupportedTypes() throws {
        try copy("llama-gqa") { folder in
            try rewrite(folder) {
                $0["model.language_model.norm.weight"] = Tensor(integers: [Int64](repeating: 1, count: 24))
            }
            let text = message(folder)
            #expect(
                text.contains(
                    "tensors of an unsupported type: model.language_model.norm.weight (I64); save the model"))
            #expect(!text.contains("wrong shape") && !text.contains("quantization_config"))
            try edit(folder) { $0["quantization_config"] = ["load_in_4bit": true] }
            #expect(message(folder).contains("config.json has a quantization_config"))
        }
    }

    @Test("Tensors without a use are reported")
    func unexpected() throws {
        try copy("llama-gqa") { folder in
            try rewrite(folder) { $0["something.else"] = Tensor(zeros: [2]) }
            #expect(try ModelFolder(folder).load(computing: .float32).unusedTensors == ["something.else"])
        }
    }

    @Test("A missing shard is named")
    func missingShard() throws {
        try copy("qwen2-tied-sharded") { folder in
            try FileManager.default.removeItem(at: folder.appending(path: "model-00002-of-00003.safetensors"))
            #expect(message(folder).contains("model-00002-of-00003.safetensors is missing"))
        }
    }

    @Test("An index that leads out of the folder is refused")
    func escapingShard() throws {
        try copy("qwen2-tied-sharded") { folder in
            let index = folder.appending(path: "model.safetensors.index.json")
            try Data(#"{"weight_map": {"a": "../model.safetensors"}}"#.utf8).write(to: index)
            #expect(message(folder).contains("outside the folder"))
        }
    }

    @Test("A folder without weights, and one that is not there, are told apart")
    func noWeights() throws {
        try copy("llama-gqa") { folder in
            try FileManager.default.removeItem(at: folder.appending(path: "model.safetensors"))
            #expect(message(folder).contains("contains neither model.safetensors nor"))
        }
        #expect(message(URL(filePath: "/nonexistent/model")).contains("/nonexistent/model/config.json"))
    }

    @Test(
        "Configurations that cannot be built name file, key, found and expected",
        arguments: [
            ("model_type", "\"blip\"", "\"blip\" is not supported; supported are clip, idefics3, llava, smolvlm"),
            ("text_config.hidden_size", "\"wide\"", "text_config.hidden_size is \"wide\", expected a whole number"),
            ("text_config.model_type", "\"gpt2\"", "expected one of llama, mistral, qwen2"),
            (
                "text_config.rope_parameters", #"{"rope_type": "yarn", "rope_theta": 1e4}"#,
                "expected default, linear or llama3"
            ),
            (
                "text_config.rope_scaling", #"{"rope_type": "yarn", "factor": 4}"#,
                "text_config.rope_scaling.rope_type is \"yarn\""
            ),
            (
                "text_config.rope_parameters", #"{"rope_type": "default", "rope_theta": 0}"#,
                "text_config.rope_parameters.rope_theta is 0.0, expected a number above 0"
            ),
            (
                "text_config.rope_parameters", #"{"rope_type": "linear", "factor": 0}"#,
                "text_config.rope_parameters.factor is 0.0, expected a number above 0"
            ),
            ("text_config.rms_norm_eps", "-1", "text_config.rms_norm_eps is -1.0, expected a number above 0"),
            ("text_config.num_hidden_layers", "2147483647", "is 2147483647, expected at most 10000"),
            ("vision_config.num_channels", "4", "vision_config.num_channels is 4, expected 3"),
            ("text_config.num_key_value_heads", "4", "expected a divisor of 6 heads"),
            ("text_config.hidden_act", "\"relu\"", "expected silu"),
            ("vision_config.hidden_act", "\"mish\"", "vision_config.hidden_act"),
            ("vision_config.patch_size", "0", "vision_config.patch_size is 0, expected a positive number"),
            ("vision_feature_layer", "9", "vision_feature_layer is out of range, expected between -4 and 3"),
            ("vision_feature_select_strategy", "\"cls\"", "expected default or full"),
            ("image_token_id", "9999", "below vocab_size 71"),
        ])
    func configurations(key: String, value: String, expected: String) throws {
        try copy("llama-gqa") { folder in
            let parsed = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
            try edit(folder) { json in
                let parts = key.split(separator: ".").map(String.init)
                if parts.count == 1 {
                    json[parts[0]] = parsed
                } else {
                    var section = json[parts[0]] as? [String: Any] ?? [:]
                    section[parts[1]] = parsed
                    json[parts[0]] = section
                }
            }
            let text = message(folder)
            #expect(text.contains(expected) && text.contains("config.json"), "\(text)")
        }
    }

    @Test("A configuration that is not JSON is named")
    func notJSON() throws {
        try copy("llama-gqa") { folder in
            try Data("{".utf8).write(to: folder.appending(path: "config.json"))
            #expect(message(folder).contains("config.json:1: not valid JSON"))
        }
    }
}
