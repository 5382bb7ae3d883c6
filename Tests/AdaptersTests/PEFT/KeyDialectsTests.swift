import Models
import Testing

@testable import Adapters

@Suite("Keys of older dialects")
struct KeyDialectsTests {
    static let renamed: [(String, String)] = [
        (
            "language_model.model.layers.0.self_attn.q_proj.lora_A.weight",
            "model.language_model.layers.0.self_attn.q_proj.lora_A.weight"
        ),
        ("language_model.lm_head.weight", "lm_head.weight"),
        (
            "vision_tower.vision_model.encoder.layers.0.mlp.fc1.lora_B.weight",
            "model.vision_tower.encoder.layers.0.mlp.fc1.lora_B.weight"
        ),
        (
            "model.vision_tower.vision_model.encoder.layers.0.mlp.fc1.lora_B.weight",
            "model.vision_tower.encoder.layers.0.mlp.fc1.lora_B.weight"
        ),
        ("multi_modal_projector.linear_1.weight", "model.multi_modal_projector.linear_1.weight"),
        (
            "multi_modal_projector.modules_to_save.default.linear_1.weight",
            "model.multi_modal_projector.linear_1.weight"
        ),
        ("lm_head.modules_to_save.weight", "lm_head.weight"),
        (
            "vision_tower.vision_model.encoder.layers.0.mlp.fc1.bias",
            "model.vision_tower.encoder.layers.0.mlp.fc1.base_layer.bias"
        ),
        (
            "model.language_model.layers.0.self_attn.q_proj.lora_A.default.weight",
            "model.language_model.layers.0.self_attn.q_proj.lora_A.weight"
        ),
    ]

    private let dialects = KeyDialects(expected: Set(renamed.map { AdapterParameter.keyPrefix + $0.1 }))

    @Test("mean today's tensors", arguments: renamed)
    func canonical(_ old: String, _ new: String) {
        #expect(dialects.canonicalKey(AdapterParameter.keyPrefix + old) == AdapterParameter.keyPrefix + new)
        #expect(dialects.canonicalKey(AdapterParameter.keyPrefix + new) == AdapterParameter.keyPrefix + new)
    }

    @Test(
        "stay as they are where they mean nothing", arguments: ["lm_head.weight", "base_model.model.lm_head.scale", ""])
    func unknown(_ key: String) {
        #expect(dialects.canonicalKey(key) == key)
    }

    @Test("find a tower that still has its inner model")
    func innerModel() {
        let today = AdapterParameter.keyPrefix + "model.vision_tower.vision_model.head.weight"
        let dialects = KeyDialects(expected: [today])
        #expect(dialects.canonicalKey(AdapterParameter.keyPrefix + "vision_tower.vision_model.head.weight") == today)
        #expect(dialects.canonicalKey(AdapterParameter.keyPrefix + "model.vision_tower.head.weight") == today)
    }
}
