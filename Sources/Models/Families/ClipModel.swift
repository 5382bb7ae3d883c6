public import Tensors

/// CLIP (arXiv:2103.00020): pictures and texts each go through a transformer and a projection, and their cosines tell
/// which belong together.
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

    /// Today's name of a stored tensor: the same as ever; nil for buffers that older versions stored and that are computed.
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
    /// Height and width of pictures, in pixels.
    public var imageSize: Int { configuration.vision.imageSize }
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
    /// The token whose place stands for a text.
    public var endToken: Int? { configuration.text.endToken }
    /// Whether anything trains that embeddings of pictures depend on.
    public var trainsPictures: Bool {
        vision.isTrainable || vision.postNorm.isTrainable || pictureProjection.isTrainable
    }
    /// Whether anything trains that embeddings of texts depend on.
    public var trainsTexts: Bool { text.isTrainable || textProjection.isTrainable }

    /// An estimate of what the towers keep for the backward pass, in bytes; `tokens` counts the rows of pictures too.
    public func activationBytes(tokens: Int, pictures: Int, checkpointing: Bool) -> Int {
        let half = vision.computing.size
        let kept = { (shape: EncoderShape, layers: Int, rows: Int, trains: Bool) in
            let layer = rows * (8 * shape.width + half * (6 * shape.width + 2 * shape.inner))
            return layer * (trains ? layers : 1)
        }
        let pictureRows = pictures * rowsPerImage
        return kept(configuration.vision.encoder, configuration.vision.layers, pictureRows, trainsPictures)
            + kept(configuration.text.encoder, configuration.text.layers, max(0, tokens - pictureRows), trainsTexts)
    }

    /// Embeddings of pictures [n, channels, height, width]: [n, projection size] in float32, each of length 1.
    public func pictureEmbeddings(_ pixels: Tensor) -> Tensor {
        vision.pooled(pixels).projected(by: [pictureProjection], as: .float32).normalizedRows()
    }

    /// Embeddings of texts: [texts, projection size] in float32, each of length 1.
    public func textEmbeddings(_ tokens: [Int32], boundaries: [Int]) -> Tensor {
        text.pooled(tokens, boundaries: boundaries).projected(by: [textProjection], as: .float32).normalizedRows()
    }
}
