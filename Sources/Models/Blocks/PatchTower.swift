import Tensors

/// A vision transformer without a class row (SigLIP, arXiv:2303.15343): pre-norm layers over patches with learned positions, and
/// a norm at the end.
struct PatchTower: Sendable {
    let configuration: VisionConfiguration
    let patchEmbedding: Projection
    let positions: EmbeddingTable
    let layers: [EncoderLayer]
    let postNorm: LayerNorm
    let computing: DType

    init(_ builder: WeightBuilder, _ path: String, _ configuration: VisionConfiguration) {
        self.configuration = configuration
        let width = configuration.hiddenSize
        patchEmbedding = builder.patchConvolution(
            "\(path).embeddings.patch_embedding", outputs: width, channels: configuration.channels,
            size: configuration.patchSize, bias: true)
        positions = builder.embedding(
            "\(path).embeddings.position_embedding", rows: configuration.patches, columns: width)
        layers = builder.layers("\(path).encoder.layers", count: configuration.layers) { path, _ in
            EncoderLayer(builder, path, configuration.encoder)
        }
        postNorm = LayerNorm(builder, "\(path).post_layernorm", size: width, epsilon: configuration.normEpsilon)
        computing = builder.computing
    }

    /// The patches of tiles [n, channels, size, size] after the last layer, normalised: [n · patches, width] in float32.
    ///
    /// - Parameter checkpointing: compute layers again in the backward pass instead of keeping their results.
    func callAsFunction(_ tiles: Tensor, checkpointing: Bool) -> Tensor {
        let (count, length) = (tiles.shape[0], configuration.patches)
        let layout = configuration.encoder.attention(
            Array(stride(from: 0, through: count * length, by: length)), isCausal: false)
        let places = (0..<count).flatMap { _ in 0..<Int32(length) }
        var x =
            tiles.patches(of: configuration.patchSize).cast(to: computing)
            .projected(by: [patchEmbedding], as: .float32) + positions.gathered(places)
        for layer in layers {
            let recomputes = checkpointing && (x.isDifferentiable || layer.isTrainable)
            let block = { @Sendable (x: Tensor) in layer(x, layout) }
            x = recomputes ? x.checkpointed(block) : block(x)
        }
        return postNorm(x)
    }

    /// Whether anything of it trains.
    var isTrainable: Bool {
        layers.contains(where: \.isTrainable) || patchEmbedding.isTrainable || positions.isDifferentiable
            || postNorm.isTrainable
    }
}
