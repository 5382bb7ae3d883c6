public import Tensors

/// A LLaVA-1.5 model (arXiv:2310.03744): a vision tower, a projector, a decoder.
public struct LlavaConfiguration: Sendable, Equatable {
    /// Which rows of the vision tower's output are used.
    public enum FeatureSelection: String, Sendable {
        /// The patches.
        case patches = "default"
        /// The class row and the patches.
        case full
    }

    /// The vision tower.
    public var vision: VisionConfiguration
    /// The decoder.
    public var text: DecoderConfiguration
    /// The token that stands for one row of picture features.
    public var imageToken: Int
    /// The projector's non-linearity.
    public var projectorActivation: Activation
    /// Which rows of the vision tower's output are used.
    public var featureSelection: FeatureSelection
    /// The hidden states whose features are used, side by side: 0 is the input of the first layer, n the output of layer n.
    public var featureLayers: [Int]
    /// Whether the projector has biases.
    public var hasProjectorBias: Bool

    /// Image tokens a picture.
    public var tokensPerImage: Int { vision.patches + (featureSelection == .full ? 1 : 0) }

    /// Keys of the vision tower that LLaVA's own configuration class fills in where no `vision_config` is given at all.
    private static let visionDefaults = [
        "hidden_size": 1_024, "intermediate_size": 4_096, "num_hidden_layers": 24, "num_attention_heads": 16,
        "image_size": 336, "patch_size": 14,
    ]

    /// Reads a `config.json`, in the dialect of transformers 4 or 5.
    public init(_ reader: ConfigurationReader) throws {
        let visionDefaults = reader.has("vision_config") ? [:] : Self.visionDefaults
        vision = try VisionConfiguration(reader.section("vision_config"), defaults: visionDefaults)
        text = try DecoderConfiguration(reader.section("text_config"))
        let tied = try reader.flag("tie_word_embeddings", default: false)
        text.tiesEmbeddings = text.tiesEmbeddings || tied
        imageToken = try reader.integer(
            reader.has("image_token_id") ? "image_token_id" : "image_token_index", default: 32_000)
        guard imageToken >= 0, imageToken < text.vocabularySize else {
            throw reader.invalid("image_token_index", "\(imageToken)", "below vocab_size \(text.vocabularySize)")
        }
        let name = try reader.text("projector_hidden_act", default: "gelu")
        guard let activation = Activation(name: name) else {
            throw reader.invalid("projector_hidden_act", name, "one of \(Activation.allCases.map(\.rawValue))")
        }
        projectorActivation = activation
        let strategy = try reader.text("vision_feature_select_strategy", default: "default")
        guard let selection = FeatureSelection(rawValue: strategy) else {
            throw reader.invalid("vision_feature_select_strategy", "\"\(strategy)\"", "default or full")
        }
        featureSelection = selection
        hasProjectorBias = try reader.flag("multimodal_projector_bias", default: true)
        featureLayers = try Self.featureLayers(reader, hiddenStates: vision.layers + 1)
    }

    private static func featureLayers(_ reader: ConfigurationReader, hiddenStates: Int) throws -> [Int] {
        let key = "vision_feature_layer"
        let values = reader.object[key]?.arrayValue ?? [reader.object[key] ?? .int(-2)]
        let layers = try values.map { value in
            guard let index = value.intValue, (-hiddenStates..<hiddenStates).contains(index) else {
                throw reader.invalid(key, "out of range", "between \(-hiddenStates) and \(hiddenStates - 1)")
            }
            return index < 0 ? index + hiddenStates : index
        }
        guard !layers.isEmpty else { throw reader.invalid(key, "an empty list", "a layer or a list of layers") }
        return layers
    }
}
