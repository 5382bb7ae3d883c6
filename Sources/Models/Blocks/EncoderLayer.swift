import Tensors

/// The size and kind of a pre-norm encoder's layers.
struct EncoderShape: Sendable, Equatable {
    /// Width of the residual stream.
    var width: Int
    /// Width inside the MLP.
    var inner: Int
    /// Attention heads.
    var heads: Int
    /// The MLP's non-linearity.
    var activation: Activation
    /// Added to the variance in the norms.
    var normEpsilon: Float

    /// Attention over packed sequences, each seeing only itself.
    func attention(_ boundaries: [Int], isCausal: Bool) -> AttentionLayout {
        AttentionLayout(
            heads: heads, keyValueHeads: heads, headSize: width / heads, boundaries: boundaries, isCausal: isCausal)
    }
}

/// A pre-norm encoder layer of a CLIP tower: x + attention(norm(x)), then x + MLP(norm(x)).
struct EncoderLayer: Sendable {
    let norm1: LayerNorm
    let queryKeyValue: [Projection]
    let output: Projection
    let norm2: LayerNorm
    let fc1: Projection
    let fc2: Projection
    let activation: Activation
    let computing: DType

    init(_ builder: WeightBuilder, _ path: String, _ shape: EncoderShape) {
        let (width, inner) = (shape.width, shape.inner)
        let square = { (name: String) in
            builder.linear("\(path).self_attn.\(name)", inputs: width, outputs: width, bias: true)
        }
        // The order of the model's own modules: keys, values, queries.
        let (k, v, q) = (square("k_proj"), square("v_proj"), square("q_proj"))
        queryKeyValue = [q, k, v]
        output = square("out_proj")
        norm1 = LayerNorm(builder, "\(path).layer_norm1", size: width, epsilon: shape.normEpsilon)
        fc1 = builder.linear("\(path).mlp.fc1", inputs: width, outputs: inner, bias: true)
        fc2 = builder.linear("\(path).mlp.fc2", inputs: inner, outputs: width, bias: true)
        norm2 = LayerNorm(builder, "\(path).layer_norm2", size: width, epsilon: shape.normEpsilon)
        activation = shape.activation
        computing = builder.computing
    }

    /// The layer's output.
    ///
    /// - Parameter kept: the rows that are wanted; all unless given. The others are attended to, and go no further.
    func callAsFunction(_ x: Tensor, _ layout: AttentionLayout, keeping kept: [Int32]? = nil) -> Tensor {
        var attended = norm1(x, as: computing).projected(by: queryKeyValue).attended(layout)
        var residual = x
        if let kept {
            attended = attended.gathered(kept, as: computing)
            residual = x.gathered(kept)
        }
        let middle = attended.projected(by: [output], residual: residual)
        return norm2(middle, as: computing).projected(by: [fc1]).activated(by: activation)
            .projected(by: [fc2], residual: middle)
    }

    var isTrainable: Bool {
        (queryKeyValue + [output, fc1, fc2]).contains(where: \.isTrainable)
            || [norm1, norm2].contains(where: \.isTrainable)
    }
}

extension LayerNorm {
    /// Whether its weight or bias trains.
    var isTrainable: Bool { weight.isDifferentiable || bias.isDifferentiable }
}
