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

/// A pre-norm encoder layer of a CLIP tower: x + attention(norm(x)), then x + MLP(norm(x)).
struct VisionLayer: Sendable {
    let norm1: LayerNorm
    let queryKeyValue: [Projection]
    let output: Projection
    let norm2: LayerNorm
    let fc1: Projection
    let fc2: Projection
    let activation: Activation
    let computing: DType

    init(_ builder: WeightBuilder, _ path: String, _ configuration: VisionConfiguration) {
        let (width, inner) = (configuration.hiddenSize, configuration.intermediateSize)
        let square = { (name: String) in
            builder.linear("\(path).self_attn.\(name)", inputs: width, outputs: width, bias: true)
        }
        // The order of the model's own modules: keys, values, queries.
        let (k, v, q) = (square("k_proj"), square("v_proj"), square("q_proj"))
        queryKeyValue = [q, k, v]
        output = square("out_proj")
        norm1 = LayerNorm(builder, "\(path).layer_norm1", size: width, epsilon: configuration.normEpsilon)
        fc1 = builder.linear("\(path).mlp.fc1", inputs: width, outputs: inner, bias: true)
        fc2 = builder.linear("\(path).mlp.fc2", inputs: inner, outputs: width, bias: true)
        norm2 = LayerNorm(builder, "\(path).layer_norm2", size: width, epsilon: configuration.normEpsilon)
        activation = configuration.activation
        computing = builder.computing
    }

    func callAsFunction(_ x: Tensor, _ layout: AttentionLayout) -> Tensor {
        let attended = norm1(x, as: computing).projected(by: queryKeyValue).attended(layout)
        let middle = attended.projected(by: [output], residual: x)
        return norm2(middle, as: computing).projected(by: [fc1]).activated(by: activation)
            .projected(by: [fc2], residual: middle)
    }
}

/// A CLIP vision transformer (arXiv:2103.00020), pre-norm, with a class row and learned positions.
struct VisionTower: Sendable {
    let configuration: VisionConfiguration
    let classEmbedding: Tensor
    let patchEmbedding: Projection
    let positions: Tensor
    let preNorm: LayerNorm
    let layers: [VisionLayer]
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
        ).cast(to: .float32)
        preNorm = LayerNorm(builder, "\(path).pre_layrnorm", size: width, epsilon: configuration.normEpsilon)
        layers = (0..<configuration.layers).map { VisionLayer(builder, "\(path).encoder.layers.\($0)", configuration) }
        // Only the pooled output would use it; it is there to be trained and saved with the tower.
        _ = LayerNorm(builder, "\(path).post_layernorm", size: width, epsilon: configuration.normEpsilon)
        computing = builder.computing
    }

    /// Hidden states of pictures [n, channels, size, size]: element i is [n · (1 + patches), width], the input of layer i
    /// (the output of the last one at the end), for the states asked for; later layers are not computed.
    func hiddenStates(_ pixels: Tensor, _ wanted: [Int], checkpointing: Bool) -> [Tensor] {
        let length = configuration.patches + 1
        let layout = AttentionLayout(
            heads: configuration.heads, keyValueHeads: configuration.heads,
            headSize: configuration.hiddenSize / configuration.heads,
            boundaries: Array(stride(from: 0, through: pixels.shape[0] * length, by: length)), isCausal: false)
        let patches = pixels.patches(of: configuration.patchSize).cast(to: computing)
        let embedded = patches.projected(by: [patchEmbedding], as: .float32)
            .withClassRows(classEmbedding, positions: positions)
        var states = [preNorm(embedded)]
        for layer in layers.prefix(wanted.max() ?? 0) {
            let last = states[states.count - 1]
            let recompute = checkpointing && (last.isDifferentiable || layer.isTrainable)
            states.append(recompute ? last.checkpointed { layer($0, layout) } : layer(last, layout))
        }
        return wanted.map { states[$0] }
    }
}

extension VisionTower {
    /// Whether anything of it trains.
    var isTrainable: Bool {
        layers.contains(where: \.isTrainable) || patchEmbedding.isTrainable || preNorm.weight.isDifferentiable
            || classEmbedding.isDifferentiable || positions.isDifferentiable
    }
}

extension VisionLayer {
    var isTrainable: Bool {
        (queryKeyValue + [output, fc1, fc2]).contains(where: \.isTrainable)
            || [norm1, norm2].contains { $0.weight.isDifferentiable || $0.bias.isDifferentiable }
    }
}

extension Projection {
    /// Whether a weight, bias or adapter of it trains.
    var isTrainable: Bool {
        leaves.contains { $0?.isDifferentiable == true }
    }
}
