public import Tensors

/// LLaVA-1.5 (arXiv:2310.03744): picture features, projected, take the place of image tokens in a decoder's input.
public struct LlavaModel: GenerativeModel {
    /// The configuration.
    public let configuration: LlavaConfiguration
    let tower: VisionTower
    let projector: [Projection]
    let decoder: TextDecoder
    /// The output embedding.
    public let head: Projection

    /// Older names of transformers 4 checkpoints, by prefix; the longest that fits comes first.
    private static let renamed = [
        ("language_model.lm_head.", "lm_head."),
        ("language_model.model.", "model.language_model."),
        ("model.vision_tower.vision_model.", "model.vision_tower."),
        ("vision_tower.vision_model.", "model.vision_tower."),
        ("vision_tower.", "model.vision_tower."),
        ("multi_modal_projector.", "model.multi_modal_projector."),
    ]

    /// Today's name of a stored tensor; nil for buffers that older versions stored and that are computed.
    public static func canonicalName(_ name: String) -> String? {
        guard !name.hasSuffix(".position_ids"), !name.hasSuffix(".rotary_emb.inv_freq") else { return nil }
        for (old, new) in renamed where name.hasPrefix(old) { return new + name.dropFirst(old.count) }
        return name
    }

    /// Builds the model from its weights.
    public init(_ configuration: LlavaConfiguration, _ builder: WeightBuilder) {
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

    /// The type that matrix products are computed in.
    public var computing: DType { decoder.computing }
    /// Image tokens a picture.
    public var tokensPerImage: Int { configuration.tokensPerImage }
    /// The id of the image token.
    public var imageToken: Int { configuration.imageToken }
    /// Words of the vocabulary.
    public var vocabularySize: Int { configuration.text.vocabularySize }
    /// Whether the output embedding is the input embedding.
    public var tiesEmbeddings: Bool { configuration.text.tiesEmbeddings }
    /// Height and width of pictures, in pixels.
    public var imageSize: Int { configuration.vision.imageSize }

    /// Tower, decoder and projector.
    public var parts: [ModelPart: [String]] {
        [.vision: ["vision_tower"], .language: ["language_model"], .connector: ["multi_modal_projector"]]
    }

    /// Paths of modules that no result depends on: vision layers above the deepest feature that is used.
    public var unusedModules: [String] {
        let first = configuration.featureLayers.max() ?? 0
        return (first..<max(first, configuration.vision.layers)).map { "model.vision_tower.encoder.layers.\($0)" }
            + ["model.vision_tower.post_layernorm"]
    }

    /// An estimate of what a forward pass keeps for the backward pass, and of its largest buffers, in bytes.
    public func activationBytes(tokens: Int, pictures: Int, checkpointing: Bool) -> Int {
        let (text, vision) = (configuration.text, configuration.vision)
        let half = decoder.computing == .bfloat16 ? 2 : 4
        let heads = (text.heads + 2 * text.keyValueHeads) * text.headSize
        // Two residuals in float32; norms, q/k/v, attention, gate, up and their product in the computing type.
        let layer =
            tokens
            * (8 * text.hiddenSize + half
                * (2 * text.hiddenSize + heads + text.heads * text.headSize + 3 * text.intermediateSize))
        let decoderKept = checkpointing ? text.layers * tokens * 4 * text.hiddenSize + layer : text.layers * layer
        let towerLayers = configuration.featureLayers.max() ?? 0
        let towerTokens = pictures * (vision.patches + 1)
        let towerLayer =
            towerTokens * (8 * vision.hiddenSize + half * (6 * vision.hiddenSize + 2 * vision.intermediateSize))
        let towerTrains = tower.isTrainable
        let towerKept = towerTrains && !checkpointing ? towerLayers * towerLayer : towerLayer
        let logits = 64 * text.vocabularySize * 4
        let largest = tokens * 4 * (2 * text.intermediateSize + heads)
        return decoderKept + towerKept + 2 * logits + 4 * largest
    }

    /// The decoder's last hidden states of some tokens, [rows, width], normalised; some rows more at the end.
    public func hiddenStates(_ batch: PackedBatch, of rows: [Int32], checkpointing: Bool) -> Tensor {
        let examples = batch.exampleBoundaries
        // Where examples are computed apart, products have each example's own number of rows.
        let isApart = Tensor.exampleKeys != nil
        let batch = isApart ? batch : batch.padded(toMultipleOf: 16, with: imageToken == 0 ? 1 : 0)
        let boundaries = examples.last == batch.tokens.count ? examples : examples + [batch.tokens.count]
        var embeddings = decoder.embedding.gathered(batch.tokens)
        if batch.pixels != nil || batch.features != nil {
            let rows = batch.tokens.indices.filter { batch.tokens[$0] == Int32(imageToken) }.map(Int32.init)
            let pictures = batch.pictureBoundaries(imageToken: imageToken, tokensPerImage: tokensPerImage)
            let features = Tensor.$exampleBoundaries.withValue(pictures) {
                imageFeatures(batch, checkpointing: checkpointing)
            }
            embeddings = embeddings.replacingRows(rows, with: features)
        }
        return Tensor.$exampleBoundaries.withValue(boundaries) {
            decoder(
                embeddings, boundaries: batch.boundaries, positions: batch.positions,
                wanted: rows.padded(toMultipleOf: isApart ? 1 : 16), checkpointing: checkpointing)
        }
    }

    /// Features of pictures in the decoder's width: [pictures · tokensPerImage, width] in float32.
    private func imageFeatures(_ batch: PackedBatch, checkpointing: Bool) -> Tensor {
        guard let features = batch.features else {
            return imageFeatures(batch.pixels ?? Tensor(zeros: [0]), checkpointing: checkpointing)
        }
        return isProjectorFrozen ? features : projected(features)
    }

    /// The same of pixel values [pictures, channels, height, width].
    func imageFeatures(_ pixels: Tensor, checkpointing: Bool) -> Tensor {
        projected(selected(pixels, checkpointing: checkpointing))
    }

    /// Features of pictures as the tower gives them: [pictures · tokensPerImage, layers · width] in float32.
    private func selected(_ pixels: Tensor, checkpointing: Bool) -> Tensor {
        let states = tower.hiddenStates(pixels, configuration.featureLayers, checkpointing: checkpointing)
        let features = Tensor.joinedColumns(states)
        guard configuration.featureSelection == .patches else { return features }
        let length = configuration.vision.patches + 1
        return features.gathered((0..<Int32(features.rows)).filter { Int($0) % length != 0 })
    }

    private func projected(_ features: Tensor) -> Tensor {
        features.cast(to: decoder.computing).projected(by: [projector[0]])
            .activated(by: configuration.projectorActivation).projected(by: [projector[1]], as: .float32)
    }

    private var isProjectorFrozen: Bool { !projector.contains(where: \.isTrainable) }

    /// What tower and projector make of a picture, or the tower alone where the projector trains; nil where the tower does.
    public func frozenFeatures(_ pixels: Tensor) -> Tensor? {
        guard !tower.isTrainable else { return nil }
        return Tensor.withoutGraph {
            let features = selected(pixels, checkpointing: false)
            return isProjectorFrozen ? projected(features) : features
        }
    }

    /// The tower's tensors, and the projector's where it is frozen too.
    public var frozenFeaturePrefixes: [String] {
        guard !tower.isTrainable else { return [] }
        return ["model.vision_tower."] + (isProjectorFrozen ? ["model.multi_modal_projector."] : [])
    }
}

extension [Int32] {
    /// These rows and the last of them again, as `PackedBatch.padded` does: a multiple of so many, and at least one.
    fileprivate func padded(toMultipleOf multiple: Int) -> [Int32] {
        let missing = isEmpty ? multiple : (multiple - count % multiple) % multiple
        return self + Array(repeating: last ?? 0, count: missing)
    }
}
