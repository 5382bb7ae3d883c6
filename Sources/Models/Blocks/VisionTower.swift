import Tensors

/// A layer's norm with its epsilon.
struct LayerNorm: Sendable {
    let weight: Tensor
    let bias: Tensor
    let epsilon: Float

    init(_ builder: WeightBuilder, _ path: String, size: Int, epsilon: Float) {
        let parameters = builder.norm(path, size: size, bias: true)
        weight = parameters.weight
        bias = parameters.bias ?? Tensor(zeros: [size])
        self.epsilon = epsilon
    }

    func callAsFunction(_ x: Tensor, as type: DType = .float32) -> Tensor {
        x.layerNormalized(weight: weight, bias: bias, epsilon: epsilon, as: type)
    }
}

/// A CLIP vision transformer (arXiv:2103.00020), pre-norm, with a class row and learned positions.
struct VisionTower: Sendable {
    let configuration: VisionConfiguration
    let classEmbedding: Tensor
    let patchEmbedding: Projection
    let positions: Tensor
    let preNorm: LayerNorm
    let layers: [EncoderLayer]
    let postNorm: LayerNorm
    let computing: DType

    init(_ builder: WeightBuilder, _ path: String, _ configuration: VisionConfiguration) {
        self.configuration = configuration
        let width = configuration.hiddenSize
        classEmbedding = builder.vector(of: "\(path).embeddings", "class_embedding", size: width)
        patchEmbedding = builder.patchConvolution(
            "\(path).embeddings.patch_embedding", outputs: width, channels: configuration.channels,
            size: configuration.patchSize)
        positions = builder.embedding(
            "\(path).embeddings.position_embedding", rows: configuration.patches + 1, columns: width
        ).weight.cast(to: .float32)
        preNorm = LayerNorm(builder, "\(path).pre_layrnorm", size: width, epsilon: configuration.normEpsilon)
        layers = builder.layers("\(path).encoder.layers", count: configuration.layers) { path, _ in
            EncoderLayer(builder, path, configuration.encoder)
        }
        // Only the pooled output uses it; without one it is there to be trained and saved with the tower.
        postNorm = LayerNorm(builder, "\(path).post_layernorm", size: width, epsilon: configuration.normEpsilon)
        computing = builder.computing
    }

    /// Hidden states of images [n, channels, size, size]: element i is [n · (1 + patches), width], the input of layer i
    /// (the output of the last one at the end), for the states asked for; later layers are not computed.
    func hiddenStates(_ pixels: Tensor, _ wanted: [Int], checkpointing: Bool) -> [Tensor] {
        let layout = layout(pictures: pixels.shape[0])
        var states = [embedded(pixels)]
        for layer in layers.prefix(wanted.max() ?? 0) {
            let last = states[states.count - 1]
            let recompute = checkpointing && (last.isDifferentiable || layer.isTrainable)
            states.append(recompute ? last.checkpointed { layer($0, layout) } : layer(last, layout))
        }
        return wanted.map { states[$0] }
    }

    /// The class rows of the last layer of images [n, channels, size, size], normalised: [n, width].
    func pooled(_ pixels: Tensor) -> Tensor {
        let (count, length) = (pixels.shape[0], configuration.patches + 1)
        let layout = layout(pictures: count)
        let classRows = (0..<count).map { Int32($0 * length) }
        var x = embedded(pixels)
        for layer in layers.dropLast() { x = layer(x, layout) }
        return postNorm(layers.last?(x, layout, keeping: classRows) ?? x.gathered(classRows), as: computing)
    }

    private func layout(pictures: Int) -> AttentionLayout {
        let length = configuration.patches + 1
        return configuration.encoder.attention(
            Array(stride(from: 0, through: pictures * length, by: length)), isCausal: false)
    }

    /// The input of the first layer: class rows and patches with their positions, normalised.
    private func embedded(_ pixels: Tensor) -> Tensor {
        let patches = pixels.patches(of: configuration.patchSize).cast(to: computing)
        return preNorm(
            patches.projected(by: [patchEmbedding], as: .float32)
                .withClassRows(classEmbedding, positions: positions))
    }
}

extension VisionTower {
    /// Whether anything of it trains.
    var isTrainable: Bool {
        layers.contains(where: \.isTrainable) || patchEmbedding.isTrainable || preNorm.isTrainable
            || classEmbedding.isDifferentiable || positions.isDifferentiable
    }
}

extension Projection {
    /// Whether a weight, bias or adapter of it trains.
    var isTrainable: Bool {
        leaves.contains { $0?.isDifferentiable == true }
    }
}
