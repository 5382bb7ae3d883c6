import Testing

@testable import Adapters

@Suite("What trains of an adapter's file")
struct TrainedKeysTests {
    static let keys: [(String, Bool)] = [
        ("model.language_model.layers.0.self_attn.q_proj.lora_A.weight", true),
        ("lm_head.lora_B.weight", true), ("lm_head.base_layer.weight", false),
        ("model.language_model.embed_tokens.weight", false), ("model.linear_1.weight", true),
        ("model.linear_1.modules_to_save.default.bias", true), ("model.linear_1.original_module.weight", false),
        ("model.language_model.layers.0.self_attn.q_proj.base_layer.bias", false), ("logit_scale", true),
        ("model.language_model.embed_tokens.token_adapter.trainable_tokens_delta", true),
    ]

    @Test("is what PEFT counts: factors and saved modules, no copies", arguments: keys)
    func counted(_ key: String, _ isTrained: Bool) throws {
        let configuration = try configuration(#"{"target_modules": ["q_proj"], "modules_to_save": ["linear_1"]}"#)
        #expect(configuration.trains(key: AdapterParameter.keyPrefix + key) == isTrained)
    }

    @Test("are biases where the configuration says so")
    func biases() throws {
        let configuration = try configuration(#"{"target_modules": ["q_proj"], "bias": "lora_only"}"#)
        #expect(configuration.trains(key: "base_model.model.q_proj.base_layer.bias"))
        #expect(!configuration.trains(key: "base_model.model.q_proj.base_layer.weight"))
    }
}
