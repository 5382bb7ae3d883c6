import Foundation
import Models
import Tensors
import Testing

/// One parameter of a model, which trains; everything else stays as the checkpoint has it.
struct OneTrained: ModelCustomization {
    let path: String
    let values: Tensor

    func parameter(at path: String) -> Tensor? { path == self.path ? values : nil }
}

/// A small checkpoint of a family that continues texts, and rows to try it with.
struct FamilyCase: Sendable, CustomTestStringConvertible {
    /// The folder of the family's fixtures.
    let family: String
    let name: String
    var testDescription: String { name }

    static let all =
        llava.map { FamilyCase(family: "llava", name: $0) }
        + idefics3.map { FamilyCase(family: "idefics3", name: $0) }

    private static let idefics3 = ["idefics3-all-linear", "idefics3-one-tile", "smolvlm-tied-connector"]
    private static let llava = [
        "llama-gqa", "llama-old-defaults", "llama-save-vision", "llama-tied-llama3rope", "mistral-window-all-linear",
        "qwen2-bias-all", "qwen2-tied-sharded",
    ]

    /// A parameter of every kind of layer, by today's names.
    static let paths = [
        "model.language_model.layers.0.self_attn.q_proj.weight",
        "model.language_model.layers.1.self_attn.k_proj.weight",
        "model.language_model.layers.0.self_attn.v_proj.weight",
        "model.language_model.layers.1.self_attn.o_proj.weight",
        "model.language_model.layers.0.mlp.gate_proj.weight", "model.language_model.layers.1.mlp.down_proj.weight",
        "model.language_model.layers.0.input_layernorm.weight", "model.language_model.norm.weight",
        "model.multi_modal_projector.linear_1.weight", "model.multi_modal_projector.linear_2.weight",
        "model.vision_tower.encoder.layers.0.self_attn.q_proj.weight",
        "model.vision_tower.encoder.layers.0.self_attn.out_proj.bias",
        "model.vision_tower.encoder.layers.0.layer_norm2.weight", "model.vision_tower.encoder.layers.0.mlp.fc1.weight",
        "model.vision_tower.pre_layrnorm.bias", "model.text_model.layers.0.self_attn.q_proj.weight",
        "model.text_model.layers.1.mlp.up_proj.weight", "model.text_model.norm.weight",
        "model.connector.modality_projection.proj.weight", "model.vision_model.embeddings.patch_embedding.bias",
        "model.vision_model.embeddings.position_embedding.weight",
        "model.vision_model.encoder.layers.0.self_attn.k_proj.weight",
        "model.vision_model.encoder.layers.1.mlp.fc2.weight", "model.vision_model.post_layernorm.bias",
    ]

    func folder() throws -> ModelFolder {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/\(family)")
        return try ModelFolder(fixtures.standardized.appending(path: name))
    }

    func model(
        _ customization: any ModelCustomization = NoCustomization(), computing: DType = .float32
    ) throws -> any GenerativeModel {
        try folder().load(computing: computing, customization: customization).model.generative
    }

    /// Three rows: with a picture, without one, and with two; tokens and pixels are drawn from the case's name.
    func rows(_ model: any GenerativeModel) -> [Row] {
        var random = SplitMix64(seed: SplitMix64.hash(name))
        return [1, 0, 2].map { pictures in
            let text = { (count: Int) in
                (0..<count).map { _ -> Int32 in
                    let token = Int32.random(in: 3..<Int32(model.vocabularySize - 1), using: &random)
                    return token == Int32(model.imageToken) ? 1 : token
                }
            }
            var tokens = text(2)
            var labels = tokens.map { _ in PackedBatch.unsupervised }
            var images: [Tensor] = []
            for index in 0..<pictures {
                let tiles = model.imageTokens.upperBound > model.imageTokens.lowerBound ? index + 2 : 1
                let shape = [tiles, 3, model.tile.height, model.tile.width]
                let image = Tensor(
                    (0..<shape.reduce(1, *)).map { _ in Float(random.nextNormal()) }, shape: shape)
                let count = model.featureCount(of: image)
                tokens += Array(repeating: Int32(model.imageToken), count: count) + text(1)
                labels += Array(repeating: PackedBatch.unsupervised, count: count + 1)
                images.append(image)
            }
            let answer = text(4)
            return Row(tokens: tokens + answer, labels: labels + answer, images: images)
        }
    }

    /// A sequence, and its images, each its tiles [tiles, 3, height, width].
    struct Row {
        var tokens: [Int32]
        var labels: [Int32]
        var images: [Tensor]
    }
}

extension PackedBatch {
    /// Rows packed one after the other.
    init(_ rows: [FamilyCase.Row]) {
        self.init(sequences: rows.map { ($0.tokens, $0.labels) }, images: rows.flatMap(\.images))
    }
}

/// The largest distance of two tensors, as a share of the largest element of the second.
func distance(_ found: Tensor, _ expected: Tensor) -> Float {
    guard found.shape == expected.shape else { return .infinity }
    let largest = expected.values.map(abs).max() ?? 0
    return zip(found.values, expected.values).map { abs($0 - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
        / max(largest, 1e-30)
}
