import Tensors

/// A decoder of the Llama kind: llama, mistral, qwen2.
public struct DecoderConfiguration: Sendable, Equatable {
    /// `model_type`.
    public var modelType: String
    /// Words of the vocabulary.
    public var vocabularySize: Int
    /// Width of the residual stream.
    public var hiddenSize: Int
    /// Width inside the gated MLP.
    public var intermediateSize: Int
    /// Number of layers.
    public var layers: Int
    /// Query heads.
    public var heads: Int
    /// Key and value heads.
    public var keyValueHeads: Int
    /// Length of a head's rows.
    public var headSize: Int
    /// Added to the mean square in the norms.
    public var normEpsilon: Float
    /// Positions that the model was made for.
    public var maximumPositions: Int
    /// The rotary embedding.
    public var rotary: RotaryParameters
    /// Rows that each layer sees at most; `nil` for all.
    public var windows: [Int?]
    /// Whether q, k, v have biases.
    public var hasQueryKeyValueBias: Bool
    /// Whether o has a bias.
    public var hasOutputBias: Bool
    /// Whether the MLP's projections have biases.
    public var hasMLPBias: Bool
    /// Whether the output embedding is the input embedding.
    public var tiesEmbeddings: Bool

    /// What a key stands for when a configuration leaves it out, by `model_type`.
    private struct Defaults {
        var vocabulary = 32_000
        var intermediate = 11_008
        var keyValueHeads: Int?
        var positions = 2_048
        var window: Int?
    }

    private static let defaults: [String: Defaults] = [
        "llama": Defaults(),
        "mistral": Defaults(intermediate: 14_336, keyValueHeads: 8, positions: 131_072, window: 4_096),
        "qwen2": Defaults(
            vocabulary: 151_936, intermediate: 22_016, keyValueHeads: 32, positions: 32_768, window: 4_096),
    ]

    /// The decoders that can be built.
    public static var modelTypes: [String] { defaults.keys.sorted() }

    /// Reads a `text_config`, in the dialect of transformers 4 or 5.
    init(_ reader: ConfigurationReader) throws {
        modelType = try reader.text("model_type", default: "llama")
        guard let defaults = Self.defaults[modelType] else {
            throw reader.invalid("model_type", "\"\(modelType)\"", "one of \(Self.modelTypes.joined(separator: ", "))")
        }
        let activation = try reader.text("hidden_act", default: "silu")
        guard Activation(name: activation) == .silu else { throw reader.invalid("hidden_act", activation, "silu") }
        vocabularySize = try reader.size("vocab_size", default: defaults.vocabulary)
        hiddenSize = try reader.size("hidden_size", default: 4_096)
        intermediateSize = try reader.size("intermediate_size", default: defaults.intermediate)
        layers = try reader.layerCount(default: 32)
        heads = try reader.size("num_attention_heads", default: 32)
        // A null says "as many as heads"; an absent key means the family's own number.
        let absent = reader.object["num_key_value_heads"] == nil ? defaults.keyValueHeads : nil
        keyValueHeads = try reader.size("num_key_value_heads", default: absent ?? heads)
        guard heads % keyValueHeads == 0 else {
            throw reader.invalid("num_key_value_heads", "\(keyValueHeads)", "a divisor of \(heads) heads")
        }
        headSize = try reader.size("head_dim", default: max(1, hiddenSize / heads))
        guard headSize % 2 == 0 else { throw reader.invalid("head_dim", "\(headSize)", "an even number") }
        normEpsilon = Float(try reader.positive("rms_norm_eps", default: 1e-6))
        maximumPositions = try reader.size("max_position_embeddings", default: defaults.positions)
        rotary = try RotaryParameters(reader, maximumPositions: maximumPositions)
        windows = try Self.windows(reader, modelType, layers, default: defaults.window)
        let attentionBias = try reader.flag("attention_bias", default: false) && modelType == "llama"
        hasQueryKeyValueBias = attentionBias || modelType == "qwen2"
        hasOutputBias = attentionBias
        hasMLPBias = try reader.flag("mlp_bias", default: false) && modelType == "llama"
        tiesEmbeddings = try reader.flag("tie_word_embeddings", default: false)
    }

    private static func windows(
        _ reader: ConfigurationReader, _ modelType: String, _ layers: Int, default fallback: Int?
    ) throws -> [Int?] {
        let explicitlyOff = reader.object["sliding_window"]?.isNull == true
        let isUsed =
            try modelType == "mistral" || modelType == "qwen2" && reader.flag("use_sliding_window", default: false)
        guard isUsed, let fallback, !explicitlyOff else { return Array(repeating: nil, count: layers) }
        let window = try reader.size("sliding_window", default: fallback)
        guard modelType == "qwen2" else { return Array(repeating: window, count: layers) }
        let first = try reader.integer("max_window_layers", default: 28)
        let types = reader.object["layer_types"]?.arrayValue?.map { $0.stringValue }
        guard let types else { return (0..<layers).map { $0 >= first ? window : nil } }
        guard types.count == layers else {
            throw reader.invalid("layer_types", "a list of \(types.count)", "a list of \(layers)")
        }
        return types.map { $0 == "sliding_attention" ? window : nil }
    }
}
