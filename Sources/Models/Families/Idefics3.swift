import Foundation
import Tensors

/// Idefics3 (arXiv:2408.12637) and SmolVLM (arXiv:2504.05299): an image is cut into tiles and seen as a whole besides; squares of
/// a SigLIP tower's patches, projected, take the place of image tokens in a Llama decoder's input.
struct Idefics3Model: InterleavedModel {
    let configuration: Idefics3Configuration
    let tower: PatchTower
    let connector: Projection
    let decoder: TextDecoder
    let head: Projection

    init(_ configuration: Idefics3Configuration, _ builder: WeightBuilder) {
        self.configuration = configuration
        let (vision, text) = (configuration.vision, configuration.text)
        tower = PatchTower(builder, "model.vision_model", vision)
        connector = builder.linear(
            "model.connector.modality_projection.proj",
            inputs: vision.hiddenSize * configuration.scaleFactor * configuration.scaleFactor, outputs: text.hiddenSize,
            bias: false)
        decoder = TextDecoder(builder, "model.text_model", text)
        if text.tiesEmbeddings { builder.disregard("lm_head.weight") }
        head = builder.linear(
            "lm_head", inputs: text.hiddenSize, outputs: text.vocabularySize, bias: false, isOutputEmbedding: true,
            alias: text.tiesEmbeddings ? "model.text_model.embed_tokens.weight" : nil)
    }

    var imageToken: Int { configuration.imageToken }
    /// A tile's, and as many times that as there are tiles.
    var imageTokens: ClosedRange<Int> { featuresPerTile...Int.max }
    var tile: TileSize { configuration.vision.tile }
    var featuresPerTile: Int { configuration.shuffle.rowsPerTile }
    var trainsTower: Bool { tower.isTrainable }
    var trainsConnector: Bool { connector.isTrainable }
    var featurePrefixes: (tower: String, connector: String) { ("model.vision_model.", "model.connector.") }

    var parts: [ModelPart: [String]] {
        [.vision: ["vision_model"], .language: ["text_model"], .connector: ["connector"]]
    }

    /// Every module counts.
    var unusedModules: [String] { [] }

    func imageLayout(_ folder: URL) throws -> any ImageLayout {
        try Idefics3Layout(Idefics3ImageProcessor(directory: folder), model: configuration, folder: folder)
    }

    /// Rows full of tiles: each takes the tower's patches besides its tokens.
    func activationBytes(tokens: Int, pictures: Int, checkpointing: Bool) -> Int {
        let tiles = max(pictures, pictures == 0 ? 0 : tokens / featuresPerTile)
        let layer = ActivationEstimate.encoderLayer(
            configuration.vision.encoder, rows: tiles * configuration.vision.patches, half: computing.size)
        let kept = tower.isTrainable && !checkpointing ? configuration.vision.layers * layer : layer
        return decoder.activationBytes(tokens: tokens, checkpointing: checkpointing) + kept
    }

    func towerFeatures(_ tiles: Tensor, checkpointing: Bool) -> Tensor {
        configuration.shuffle(tower(tiles, checkpointing: checkpointing))
    }

    func connected(_ features: Tensor) -> Tensor {
        features.cast(to: computing).projected(by: [connector], as: .float32)
    }
}

extension Idefics3Model: ModelFamily {
    static let modelTypes = ["idefics3", "smolvlm"]
    static let embeddings: EmbeddingNames? = EmbeddingNames(
        input: "model.text_model.embed_tokens.weight", output: "lm_head.weight")

    /// The same as ever.
    static func canonicalName(_ name: String) -> String? {
        name.hasSuffix(".position_ids") || name.hasSuffix(".rotary_emb.inv_freq") ? nil : name
    }

    init(_ reader: ConfigurationReader, _ builder: WeightBuilder) throws {
        var configuration = try Idefics3Configuration(reader)
        configuration.text.vocabularySize = builder.vocabularyRows ?? configuration.text.vocabularySize
        self.init(configuration, builder)
    }
}

/// The configuration of an Idefics3 or SmolVLM model.
struct Idefics3Configuration: Sendable, Equatable {
    /// The vision tower.
    var vision: VisionConfiguration
    /// The decoder.
    var text: DecoderConfiguration
    /// The token that stands for one row of image features.
    var imageToken: Int
    /// Patches along an edge of the squares that become one row.
    var scaleFactor: Int

    /// How patches become rows of features.
    var shuffle: PixelShuffle { PixelShuffle(side: vision.imageSize / vision.patchSize, factor: scaleFactor) }

    private static let visionDefaults = VisionConfiguration.Defaults(
        modelTypes: ["idefics3_vision", "smolvlm_vision", "idefics3", "smolvlm"],
        sizes: ["hidden_size": 1_152, "num_attention_heads": 16], activation: "gelu_pytorch_tanh", epsilon: 1e-6)

    /// Reads a `config.json`.
    init(_ reader: ConfigurationReader) throws {
        vision = try VisionConfiguration(reader.section("vision_config"), defaults: Self.visionDefaults)
        text = try DecoderConfiguration(reader.section("text_config"))
        if !reader.has("text_config") { text.normEpsilon = 1e-5 }
        text.tiesEmbeddings = try reader.flag("tie_word_embeddings", default: false)
        imageToken = try reader.integer("image_token_id", default: 128_257)
        guard imageToken >= 0, imageToken < text.vocabularySize else {
            throw reader.invalid("image_token_id", "\(imageToken)", "below vocab_size \(text.vocabularySize)")
        }
        scaleFactor = try reader.size("scale_factor", default: 2)
        let side = vision.imageSize / vision.patchSize
        guard side % scaleFactor == 0 else {
            throw reader.invalid("scale_factor", "\(scaleFactor)", "a divisor of the \(side) patches along an edge")
        }
    }
}

/// What stands for an image in a text of Idefics3 or SmolVLM: its tiles row by row, each behind the name of its place, and the
/// image as a whole.
struct Idefics3Layout: ImageLayout {
    let imageToken: Int?
    private let processor: Idefics3ImageProcessor
    private let model: Idefics3Configuration

    private static let mark = "<fake_token_around_image>"

    /// - Throws: `ModelError` if the folder's processor is for a model with another number of image tokens.
    init(_ processor: Idefics3ImageProcessor, model: Idefics3Configuration, folder: URL) throws {
        self.processor = processor
        self.model = model
        imageToken = model.imageToken
        let file = folder.appending(path: "processor_config.json")
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        let reader = try ConfigurationReader(file: file)
        let count = try reader.integer("image_seq_len", default: featuresPerTile)
        guard count == featuresPerTile else {
            throw reader.invalid("image_seq_len", "\(count)", "\(featuresPerTile), as config.json says")
        }
    }

    private var featuresPerTile: Int { model.shuffle.rowsPerTile }

    /// Why the processor's tiles do not fit the model.
    var mismatch: String? {
        let (found, expected) = (processor.tileSize, model.vision.imageSize)
        guard found != expected else { return nil }
        return
            "the processor makes tiles of \(found)×\(found) pixels, but the model takes \(expected)×\(expected); "
            + "set max_image_size in preprocessor_config.json to that"
    }

    /// Those of the largest grid.
    var mostTokens: Int {
        let side = processor.mostTilesAlongEdge
        return side * (side * (featuresPerTile + 2) + 1) + featuresPerTile + 4
    }

    var cacheKey: String { processor.cacheKey }

    func cacheKey(forImage file: Data) -> String { processor.cacheKey(forImage: file) }

    func plan(width: Int, height: Int) throws -> ImagePlan {
        if let mismatch { throw ModelError(.invalidConfiguration, mismatch) }
        let grid = try processor.grid(width: width, height: height)
        let tiles = grid.rows * grid.columns + 1
        return ImagePlan(
            rows: grid.rows, columns: grid.columns, tileCount: tiles, featureCount: tiles * featuresPerTile)
    }

    func text(of plan: ImagePlan, imageToken: String) -> String {
        let tokens = String(repeating: imageToken, count: featuresPerTile)
        let rows = (0..<plan.rows).map { row in
            (0..<plan.columns).map { "\(Self.mark)<row_\(row + 1)_col_\($0 + 1)>\(tokens)" }.joined() + "\n"
        }
        return (rows + [rows.isEmpty ? "" : "\n"]).joined() + "\(Self.mark)<global-img>\(tokens)\(Self.mark)"
    }

    func tiles(of image: RGBImage) throws -> Tensor {
        if let mismatch { throw ModelError(.invalidConfiguration, mismatch) }
        let tiles = try processor(image)
        let (height, width) = (tiles[0].height, tiles[0].width)
        return Tensor(tiles.flatMap(\.values), shape: [tiles.count, 3, height, width])
    }
}
