public import Foundation
import Models
import Tensors

/// The bundled model before it has learnt anything: a LLaVA of 1.3 million parameters with random weights.
public struct DemonstrationModel {
    private let tokenizer = DemonstrationTokenizer()
    private let vision = (width: 96, layers: 4, heads: 4, inner: 384, picture: 48, patch: 8)
    private let text = (width: 128, layers: 4, heads: 4, keyValueHeads: 2, inner: 352)

    /// Creates it.
    public init() {}

    /// Writes a Hugging Face folder.
    ///
    /// - Throws: `TensorError` if a file cannot be written.
    public func write(to folder: URL, seed: UInt64) throws {
        for (name, value) in files {
            try AtomicFile.write(value.text(indent: 1) + "\n", to: folder.appending(path: name).path)
        }
        try AtomicFile.write(Self.chatTemplate, to: folder.appending(path: "chat_template.jinja").path)
        try weights(seed: seed).write(to: folder.appending(path: "model.safetensors").path)
    }

    private static let chatTemplate =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
        + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

    private var files: [(String, JSONValue)] {
        [
            ("config.json", configuration), ("tokenizer.json", tokenizer.file),
            (
                "tokenizer_config.json",
                Self.object([
                    ("tokenizer_class", .string("PreTrainedTokenizerFast")), ("eos_token", .string("<|im_end|>")),
                    ("pad_token", .string("<|endoftext|>")), ("clean_up_tokenization_spaces", .bool(false)),
                ])
            ),
            ("preprocessor_config.json", preprocessor),
            (
                "processor_config.json",
                Self.object([
                    ("processor_class", .string("LlavaProcessor")), ("image_token", .string("<image>")),
                    ("num_additional_image_tokens", .int(1)), ("patch_size", .int(vision.patch)),
                    ("vision_feature_select_strategy", .string("default")),
                ])
            ),
        ]
    }

    private var configuration: JSONValue {
        Self.object([
            ("architectures", .array([.string("LlavaForConditionalGeneration")])), ("model_type", .string("llava")),
            ("dtype", .string("bfloat16")), ("image_token_id", .int(3)),
            ("image_seq_length", .int(patches)), ("projector_hidden_act", .string("gelu")),
            ("vision_feature_layer", .int(-1)), ("vision_feature_select_strategy", .string("default")),
            ("multimodal_projector_bias", .bool(true)), ("tie_word_embeddings", .bool(false)),
            (
                "text_config",
                Self.object([
                    ("model_type", .string("llama")), ("vocab_size", .int(tokenizer.vocabulary.count)),
                    ("hidden_size", .int(text.width)), ("intermediate_size", .int(text.inner)),
                    ("num_hidden_layers", .int(text.layers)), ("num_attention_heads", .int(text.heads)),
                    ("num_key_value_heads", .int(text.keyValueHeads)), ("head_dim", .int(text.width / text.heads)),
                    ("hidden_act", .string("silu")), ("rms_norm_eps", .double(1e-5)),
                    ("max_position_embeddings", .int(512)),
                    (
                        "rope_parameters",
                        Self.object([("rope_type", .string("default")), ("rope_theta", .double(10000))])
                    ),
                    ("tie_word_embeddings", .bool(false)), ("eos_token_id", .int(2)), ("pad_token_id", .int(0)),
                ])
            ),
            (
                "vision_config",
                Self.object([
                    ("model_type", .string("clip_vision_model")), ("hidden_size", .int(vision.width)),
                    ("intermediate_size", .int(vision.inner)), ("num_hidden_layers", .int(vision.layers)),
                    ("num_attention_heads", .int(vision.heads)), ("image_size", .int(vision.picture)),
                    ("patch_size", .int(vision.patch)), ("hidden_act", .string("quick_gelu")),
                    ("layer_norm_eps", .double(1e-5)),
                ])
            ),
        ])
    }

    private var preprocessor: JSONValue {
        let (half, side) = (JSONValue.array([.double(0.5), .double(0.5), .double(0.5)]), JSONValue.int(vision.picture))
        return Self.object([
            ("image_processor_type", .string("CLIPImageProcessor")), ("do_convert_rgb", .bool(true)),
            ("do_resize", .bool(true)), ("size", Self.object([("shortest_edge", side)])), ("resample", .int(3)),
            ("do_center_crop", .bool(true)), ("crop_size", Self.object([("height", side), ("width", side)])),
            ("do_rescale", .bool(true)), ("rescale_factor", .double(1.0 / 255)), ("do_normalize", .bool(true)),
            ("image_mean", half), ("image_std", half),
        ])
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.map { JSONValue.Member($0.0, $0.1) })
    }

    private var patches: Int { (vision.picture / vision.patch) * (vision.picture / vision.patch) }
}

extension DemonstrationModel {
    /// Normal weights of variance 1 / inputs, less behind residual sums; norms 1, biases 0.
    private func weights(seed: UInt64) -> StateDict {
        var weights = RandomWeights(seed: seed)
        let (width, inner) = (vision.width, vision.inner)
        let tower = "model.vision_tower"
        weights.add("\(tower).embeddings.class_embedding", [width], deviation: 0.1)
        weights.add("\(tower).embeddings.patch_embedding.weight", [width, 3, vision.patch, vision.patch])
        weights.add("\(tower).embeddings.position_embedding.weight", [patches + 1, width], deviation: 0.1)
        for name in ["pre_layrnorm", "post_layernorm"] { weights.addNorm("\(tower).\(name)", width, bias: true) }
        for index in 0..<vision.layers {
            let layer = "\(tower).encoder.layers.\(index)"
            for name in ["q_proj", "k_proj", "v_proj"] { weights.addLinear("\(layer).self_attn.\(name)", width, width) }
            weights.addLinear("\(layer).self_attn.out_proj", width, width, depth: vision.layers)
            weights.addLinear("\(layer).mlp.fc1", width, inner)
            weights.addLinear("\(layer).mlp.fc2", inner, width, depth: vision.layers)
            for name in ["layer_norm1", "layer_norm2"] { weights.addNorm("\(layer).\(name)", width, bias: true) }
        }
        weights.addLinear("model.multi_modal_projector.linear_1", width, text.width)
        weights.addLinear("model.multi_modal_projector.linear_2", text.width, text.width)
        addDecoder(to: &weights)
        return weights.tensors
    }

    private func addDecoder(to weights: inout RandomWeights) {
        let (decoder, width) = ("model.language_model", text.width)
        let keys = text.keyValueHeads * width / text.heads
        weights.add("\(decoder).embed_tokens.weight", [tokenizer.vocabulary.count, width], deviation: 1)
        for index in 0..<text.layers {
            let layer = "\(decoder).layers.\(index)"
            for (name, outputs) in [("q_proj", width), ("k_proj", keys), ("v_proj", keys)] {
                weights.addLinear("\(layer).self_attn.\(name)", width, outputs, bias: false)
            }
            weights.addLinear("\(layer).self_attn.o_proj", width, width, depth: text.layers, bias: false)
            for name in ["gate_proj", "up_proj"] {
                weights.addLinear("\(layer).mlp.\(name)", width, text.inner, bias: false)
            }
            weights.addLinear("\(layer).mlp.down_proj", text.inner, width, depth: text.layers, bias: false)
            for name in ["input_layernorm", "post_attention_layernorm"] {
                weights.addNorm("\(layer).\(name)", width, bias: false)
            }
        }
        weights.addNorm("\(decoder).norm", width, bias: false)
        weights.add("lm_head.weight", [tokenizer.vocabulary.count, width], deviation: 0.02)
    }
}

/// Weights drawn one after the other.
private struct RandomWeights {
    private(set) var tensors = StateDict()
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// - Parameter deviation: the standard deviation; `nil` for 1 / √inputs.
    mutating func add(_ name: String, _ shape: [Int], deviation: Double? = nil) {
        let scale = deviation ?? 1 / Double(shape.dropFirst().reduce(1, *)).squareRoot()
        let values = (0..<shape.reduce(1, *)).map { _ in Float(scale * random.nextNormal()) }
        tensors[name] = Tensor(values, shape: shape)
    }

    /// - Parameter depth: how many layers add to the same sum, each twice, where the result is added to one.
    mutating func addLinear(_ path: String, _ inputs: Int, _ outputs: Int, depth: Int? = nil, bias: Bool = true) {
        let residual = depth.map { Double(2 * $0) } ?? 1
        add("\(path).weight", [outputs, inputs], deviation: 1 / (Double(inputs) * residual).squareRoot())
        if bias { tensors["\(path).bias"] = Tensor(zeros: [outputs]) }
    }

    mutating func addNorm(_ path: String, _ size: Int, bias: Bool) {
        tensors["\(path).weight"] = Tensor([Float](repeating: 1, count: size), shape: [size])
        if bias { tensors["\(path).bias"] = Tensor(zeros: [size]) }
    }
}
