import Tensors

/// CLIP's text transformer (arXiv:2103.00020): causal, pre-norm, with learned positions.
struct TextTower: Sendable {
    let configuration: TextTowerConfiguration
    let embedding: EmbeddingTable
    let positions: Tensor
    let layers: [EncoderLayer]
    let norm: LayerNorm
    let computing: DType

    init(_ builder: WeightBuilder, _ path: String, _ configuration: TextTowerConfiguration) {
        self.configuration = configuration
        let width = configuration.hiddenSize
        embedding = builder.embedding(
            "\(path).embeddings.token_embedding", rows: configuration.vocabularySize, columns: width)
        positions =
            builder.embedding(
                "\(path).embeddings.position_embedding", rows: configuration.positions, columns: width
            ).weight
        layers = builder.layers("\(path).encoder.layers", count: configuration.layers) { path, _ in
            EncoderLayer(builder, path, configuration.encoder)
        }
        norm = LayerNorm(builder, "\(path).final_layer_norm", size: width, epsilon: configuration.normEpsilon)
        computing = builder.computing
    }

    /// What stands for each of some texts, normalised: [texts, width].
    ///
    /// - Parameters:
    ///   - tokens: texts packed one after another, none longer than `configuration.positions`.
    ///   - boundaries: 0, then the end of each.
    func pooled(_ tokens: [Int32], boundaries: [Int]) -> Tensor {
        let places = zip(boundaries, boundaries.dropFirst()).flatMap { Array(0..<Int32($1 - $0)) }
        let layout = configuration.encoder.attention(boundaries, isCausal: true)
        let ends = zip(boundaries, boundaries.dropFirst()).map { start, end in
            Int32(start + configuration.pooledPlace(in: tokens[start..<end]))
        }
        var x = embedding.gathered(tokens) + positions.gathered(places)
        for layer in layers.dropLast() { x = layer(x, layout) }
        return norm(layers.last?(x, layout, keeping: ends) ?? x.gathered(ends), as: computing)
    }

    /// Whether anything of it trains.
    var isTrainable: Bool {
        layers.contains(where: \.isTrainable) || norm.isTrainable || embedding.isDifferentiable
            || positions.isDifferentiable
    }
}

extension TextTowerConfiguration {
    /// The place of a text whose row stands for it: the first end token's, or the first place where there is none.
    func pooledPlace(in text: ArraySlice<Int32>) -> Int {
        let token = endToken.map { Int32($0) } ?? text.max()
        return (text.firstIndex { $0 == token } ?? text.startIndex) - text.startIndex
    }
}
