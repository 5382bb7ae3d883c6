public import Tensors

/// CLIP's text transformer (arXiv:2103.00020).
public struct TextTowerConfiguration: Sendable, Equatable {
    /// Words of the vocabulary.
    public var vocabularySize: Int
    /// Width of the residual stream.
    public var hiddenSize: Int
    /// Width inside the MLP.
    public var intermediateSize: Int
    /// Number of layers.
    public var layers: Int
    /// Attention heads.
    public var heads: Int
    /// The most tokens of a text.
    public var positions: Int
    /// The MLP's non-linearity.
    public var activation: Activation
    /// Added to the variance in the norms.
    public var normEpsilon: Float
    /// The token whose first place stands for a text; nil takes the first place of the largest id, as configurations with
    /// `eos_token_id` 2 from before transformers 4.32 want it.
    public var endToken: Int?

    /// The layers.
    var encoder: EncoderShape {
        EncoderShape(
            width: hiddenSize, inner: intermediateSize, heads: heads, activation: activation, normEpsilon: normEpsilon)
    }

    /// Reads a `text_config`; keys that it leaves out have the defaults of transformers' own class.
    init(_ reader: ConfigurationReader) throws {
        let type = try reader.text("model_type", default: "clip_text_model")
        guard type == "clip_text_model" else { throw reader.invalid("model_type", "\"\(type)\"", "clip_text_model") }
        vocabularySize = try reader.size("vocab_size", default: 49_408)
        hiddenSize = try reader.size("hidden_size", default: 512)
        intermediateSize = try reader.size("intermediate_size", default: 2_048)
        layers = try reader.layerCount(default: 12)
        heads = try reader.size("num_attention_heads", default: 8)
        positions = try reader.size("max_position_embeddings", default: 77)
        normEpsilon = Float(try reader.number("layer_norm_eps", default: 1e-5))
        let name = try reader.text("hidden_act", default: "quick_gelu")
        guard let activation = Activation(name: name) else {
            throw reader.invalid("hidden_act", "\"\(name)\"", "one of \(Activation.allCases.map(\.rawValue))")
        }
        self.activation = activation
        let end = try reader.integer("eos_token_id", default: 49_407)
        endToken = end == 2 ? nil : end
        guard hiddenSize % heads == 0 else {
            throw reader.invalid("num_attention_heads", "\(heads)", "a divisor of hidden_size \(hiddenSize)")
        }
        guard (0..<vocabularySize).contains(end) else {
            throw reader.invalid("eos_token_id", "\(end)", "from 0, below vocab_size \(vocabularySize)")
        }
    }
}
