public import Foundation
public import Tensors

/// CLIP (arXiv:2103.00020): images and texts each go through a transformer and a projection, and cosine similarity
/// shows which belong together.
public struct ClipModel: ContrastiveModel {
    /// The configuration.
    public let configuration: ClipConfiguration
    /// The logarithm of the inverse temperature.
    public let logitScale: Tensor
    let text: TextTower
    let vision: VisionTower
    let pictureProjection: Projection
    let textProjection: Projection

    /// The name of the temperature's parameter.
    public static let logitScaleName = "logit_scale"

    /// The name of the temperature's parameter.
    public var logitScaleName: String { Self.logitScaleName }

    /// Today's name of a stored tensor: the same as ever; `nil` for buffers that older versions stored and that are
    /// computed.
    public static func canonicalName(_ name: String) -> String? { name.hasSuffix(".position_ids") ? nil : name }

    /// Builds the model from its weights.
    public init(_ configuration: ClipConfiguration, _ builder: WeightBuilder) {
        self.configuration = configuration
        text = TextTower(builder, "text_model", configuration.text)
        vision = VisionTower(builder, "vision_model", configuration.vision)
        pictureProjection = builder.linear(
            "visual_projection", inputs: configuration.vision.hiddenSize, outputs: configuration.projectionSize,
            bias: false)
        textProjection = builder.linear(
            "text_projection", inputs: configuration.text.hiddenSize, outputs: configuration.projectionSize, bias: false
        )
        logitScale = builder.number(Self.logitScaleName)
    }

    /// The type that matrix products are computed in.
    public var computing: DType { vision.computing }
    /// Words of the vocabulary.
    public var vocabularySize: Int { configuration.text.vocabularySize }
    /// There is no output embedding.
    public var tiesEmbeddings: Bool { false }
    /// The size of images.
    public var tile: TileSize { configuration.vision.tile }

    /// Whole images, which are not part of a text's tokens.
    public func imageLayout(_ folder: URL) throws -> any ImageLayout {
        WholeImageLayout(try ImageProcessor(directory: folder), tile: tile)
    }

    /// The towers, and their projections into the space that they share.
    public var parts: [ModelPart: [String]] {
        [.vision: ["vision_model"], .language: ["text_model"], .connector: ["visual_projection", "text_projection"]]
    }
    /// Every module counts.
    public var unusedModules: [String] { [] }
    /// Patches, and the class row.
    public var rowsPerImage: Int { configuration.vision.patches + 1 }
    /// The most tokens of a text.
    public var maximumTextLength: Int { configuration.text.positions }
    /// The token whose position represents a text.
    public var endToken: Int? { configuration.text.endToken }
    /// Whether anything trains that embeddings of images depend on.
    public var trainsPictures: Bool {
        vision.isTrainable || vision.postNorm.isTrainable || pictureProjection.isTrainable
    }
    /// Whether anything trains that embeddings of texts depend on.
    public var trainsTexts: Bool { text.isTrainable || textProjection.isTrainable }

    /// Estimated bytes that the towers keep for the backward pass; `tokens` includes the rows of images.
    public func activationBytes(tokens: Int, pictures: Int, checkpointing: Bool) -> Int {
        let half = vision.computing.size
        let kept = { (shape: EncoderShape, layers: Int, rows: Int, trains: Bool) in
            ActivationEstimate.encoderLayer(shape, rows: rows, half: half) * (trains ? layers : 1)
        }
        let pictureRows = pictures * rowsPerImage
        return kept(configuration.vision.encoder, configuration.vision.layers, pictureRows, trainsPictures)
            + kept(configuration.text.encoder, configuration.text.layers, max(0, tokens - pictureRows), trainsTexts)
    }

    /// Embeddings of images [n, channels, height, width]: [n, projection size] in float32, each of length 1.
    public func pictureEmbeddings(_ pixels: Tensor) -> Tensor {
        vision.pooled(pixels).projected(by: [pictureProjection], as: .float32).normalizedRows()
    }

    /// Embeddings of texts: [texts, projection size] in float32, each of length 1.
    public func textEmbeddings(_ tokens: [Int32], boundaries: [Int]) -> Tensor {
        text.pooled(tokens, boundaries: boundaries).projected(by: [textProjection], as: .float32).normalizedRows()
    }
}

extension ClipModel: ModelFamily {
    static let modelTypes = ["clip"]

    init(_ reader: ConfigurationReader, _ builder: WeightBuilder) throws {
        self.init(try ClipConfiguration(reader), builder)
    }
}

/// A CLIP model (arXiv:2103.00020): a vision tower and a text tower that meet in one space.
public struct ClipConfiguration: Sendable, Equatable {
    /// The vision tower.
    public var vision: VisionConfiguration
    /// The text tower.
    public var text: TextTowerConfiguration
    /// Length of an embedding.
    public var projectionSize: Int

    /// Reads a `config.json`, in the dialect of transformers 4 or 5.
    ///
    /// The first configurations have `text_config_dict` and `vision_config_dict` too, which transformers prefers.
    public init(_ reader: ConfigurationReader) throws {
        let section = { (name: String) in
            try reader.section(reader.has("\(name)_dict") ? "\(name)_dict" : name)
        }
        vision = try VisionConfiguration(section("vision_config"))
        text = try TextTowerConfiguration(section("text_config"))
        projectionSize = try reader.size("projection_dim", default: 512)
    }
}

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
    /// The token whose first position represents a text. `nil` uses the first position of the largest id, as
    /// configurations with `eos_token_id` 2 from before transformers 4.32 require.
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
