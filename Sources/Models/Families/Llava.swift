import Foundation
import Tensors

/// LLaVA-1.5 (arXiv:2310.03744): image features, projected, take the place of image tokens in a decoder's input.
struct LlavaModel: InterleavedModel {
    /// The configuration.
    let configuration: LlavaConfiguration
    let tower: VisionTower
    let projector: [Projection]
    let decoder: TextDecoder
    /// The output embedding.
    let head: Projection

    /// Older names of transformers 4 checkpoints, by prefix; the longest that fits comes first.
    private static let renamed = [
        ("language_model.lm_head.", "lm_head."),
        ("language_model.model.", "model.language_model."),
        ("model.vision_tower.vision_model.", "model.vision_tower."),
        ("vision_tower.vision_model.", "model.vision_tower."),
        ("vision_tower.", "model.vision_tower."),
        ("multi_modal_projector.", "model.multi_modal_projector."),
    ]

    /// Today's name of a stored tensor; `nil` for buffers that older versions stored and that are computed.
    static func canonicalName(_ name: String) -> String? {
        guard !name.hasSuffix(".position_ids"), !name.hasSuffix(".rotary_emb.inv_freq") else { return nil }
        for (old, new) in renamed where name.hasPrefix(old) { return new + name.dropFirst(old.count) }
        return name
    }

    /// Builds the model from its weights.
    init(_ configuration: LlavaConfiguration, _ builder: WeightBuilder) {
        self.configuration = configuration
        tower = VisionTower(builder, "model.vision_tower", configuration.vision)
        let (width, bias) = (configuration.text.hiddenSize, configuration.hasProjectorBias)
        let features = configuration.vision.hiddenSize * configuration.featureLayers.count
        projector = [
            builder.linear("model.multi_modal_projector.linear_1", inputs: features, outputs: width, bias: bias),
            builder.linear("model.multi_modal_projector.linear_2", inputs: width, outputs: width, bias: bias),
        ]
        decoder = TextDecoder(builder, "model.language_model", configuration.text)
        let tied = configuration.text.tiesEmbeddings
        if tied { builder.disregard("lm_head.weight") }
        head = builder.linear(
            "lm_head", inputs: width, outputs: configuration.text.vocabularySize, bias: false, isOutputEmbedding: true,
            alias: tied ? "model.language_model.embed_tokens.weight" : nil)
    }

    /// Image tokens of an image.
    var imageTokens: ClosedRange<Int> { configuration.tokensPerImage...configuration.tokensPerImage }
    /// The id of the image token.
    var imageToken: Int { configuration.imageToken }
    /// The size of images.
    var tile: TileSize { configuration.vision.tile }
    var featuresPerTile: Int { configuration.tokensPerImage }
    var trainsTower: Bool { tower.isTrainable }
    var trainsConnector: Bool { projector.contains(where: \.isTrainable) }
    var featurePrefixes: (tower: String, connector: String) {
        ("model.vision_tower.", "model.multi_modal_projector.")
    }

    /// Whole images, and as many image tokens as the tower has rows.
    func imageLayout(_ folder: URL) throws -> any ImageLayout {
        WholeImageLayout(
            try ImageProcessor(directory: folder), tile: tile, imageToken: imageToken,
            featureCount: configuration.tokensPerImage)
    }

    /// Tower, decoder and projector.
    var parts: [ModelPart: [String]] {
        [.vision: ["vision_tower"], .language: ["language_model"], .connector: ["multi_modal_projector"]]
    }

    /// Paths of modules that no result depends on: vision layers above the deepest feature that is used.
    var unusedModules: [String] {
        let first = configuration.featureLayers.max() ?? 0
        return (first..<max(first, configuration.vision.layers)).map { "model.vision_tower.encoder.layers.\($0)" }
            + ["model.vision_tower.post_layernorm"]
    }

    /// An estimate of what a forward pass keeps for the backward pass, and of its largest buffers, in bytes.
    func activationBytes(tokens: Int, pictures: Int, checkpointing: Bool) -> Int {
        let (vision, half) = (configuration.vision, decoder.computing == .bfloat16 ? 2 : 4)
        let layer = ActivationEstimate.encoderLayer(vision.encoder, rows: pictures * (vision.patches + 1), half: half)
        let layers = configuration.featureLayers.max() ?? 0
        return decoder.activationBytes(tokens: tokens, checkpointing: checkpointing)
            + (tower.isTrainable && !checkpointing ? layers * layer : layer)
    }

    /// Features as the tower gives them: [images · tokens, layers · width] in float32.
    func towerFeatures(_ tiles: Tensor, checkpointing: Bool) -> Tensor {
        let states = tower.hiddenStates(tiles, configuration.featureLayers, checkpointing: checkpointing)
        let features = Tensor.joinedColumns(states)
        guard configuration.featureSelection == .patches else { return features }
        let length = configuration.vision.patches + 1
        return features.gathered((0..<Int32(features.rows)).filter { Int($0) % length != 0 })
    }

    func connected(_ features: Tensor) -> Tensor {
        features.cast(to: decoder.computing).projected(by: [projector[0]])
            .activated(by: configuration.projectorActivation).projected(by: [projector[1]], as: .float32)
    }
}

extension LlavaModel: ModelFamily {
    static let modelTypes = ["llava"]
    static let embeddings: EmbeddingNames? = EmbeddingNames(
        input: "model.language_model.embed_tokens.weight", output: "lm_head.weight",
        older: ("language_model.model.embed_tokens.weight", "language_model.lm_head.weight"))

    init(_ reader: ConfigurationReader, _ builder: WeightBuilder) throws {
        var configuration = try LlavaConfiguration(reader)
        configuration.text.vocabularySize = builder.vocabularyRows ?? configuration.text.vocabularySize
        self.init(configuration, builder)
    }
}

/// A LLaVA-1.5 model (arXiv:2310.03744): a vision tower, a projector, a decoder.
struct LlavaConfiguration: Sendable, Equatable {
    /// Which rows of the vision tower's output are used.
    enum FeatureSelection: String, Sendable {
        /// The patches.
        case patches = "default"
        /// The class row and the patches.
        case full
    }

    /// The vision tower.
    var vision: VisionConfiguration
    /// The decoder.
    var text: DecoderConfiguration
    /// The token that stands for one row of image features.
    var imageToken: Int
    /// The projector's non-linearity.
    var projectorActivation: Activation
    /// Which rows of the vision tower's output are used.
    var featureSelection: FeatureSelection
    /// The hidden states whose features are used, side by side: 0 is the input of the first layer, n the output of layer n.
    var featureLayers: [Int]
    /// Whether the projector has biases.
    var hasProjectorBias: Bool

    /// Image tokens an image.
    var tokensPerImage: Int { vision.patches + (featureSelection == .full ? 1 : 0) }

    /// Keys of the vision tower that LLaVA's own configuration class fills in where no `vision_config` is given at all.
    private static let visionDefaults = [
        "hidden_size": 1_024, "intermediate_size": 4_096, "num_hidden_layers": 24, "num_attention_heads": 16,
        "image_size": 336, "patch_size": 14,
    ]

    /// Reads a `config.json`, in the dialect of transformers 4 or 5.
    init(_ reader: ConfigurationReader) throws {
        let visionDefaults = reader.has("vision_config") ? [:] : Self.visionDefaults
        vision = try VisionConfiguration(reader.section("vision_config"), defaults: .init(sizes: visionDefaults))
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
