import Tensors

/// A root-mean-square norm with its epsilon.
struct RMSNorm: Sendable {
    let weight: Tensor
    let epsilon: Float

    init(_ builder: WeightBuilder, _ path: String, size: Int, epsilon: Float) {
        weight = builder.norm(path, size: size, bias: false).weight
        self.epsilon = epsilon
    }

    func callAsFunction(_ x: Tensor, as type: DType) -> Tensor {
        x.rmsNormalized(weight: weight, epsilon: epsilon, as: type)
    }
}

/// A layer of a Llama-style decoder: x + attention(norm(x)), then x + gated MLP(norm(x)).
struct DecoderLayer: Sendable {
    let inputNorm: RMSNorm
    let queryKeyValue: [Projection]
    let output: Projection
    let postNorm: RMSNorm
    let gateUp: [Projection]
    let down: Projection
    let window: Int?
    let computing: DType

    init(_ builder: WeightBuilder, _ path: String, _ configuration: DecoderConfiguration, index: Int) {
        let (width, inner) = (configuration.hiddenSize, configuration.intermediateSize)
        let (heads, keyHeads) = (
            configuration.heads * configuration.headSize, configuration.keyValueHeads * configuration.headSize
        )
        let attention = { (name: String, inputs: Int, outputs: Int, bias: Bool) in
            builder.linear("\(path).self_attn.\(name)", inputs: inputs, outputs: outputs, bias: bias)
        }
        queryKeyValue = [
            attention("q_proj", width, heads, configuration.hasQueryKeyValueBias),
            attention("k_proj", width, keyHeads, configuration.hasQueryKeyValueBias),
            attention("v_proj", width, keyHeads, configuration.hasQueryKeyValueBias),
        ]
        output = attention("o_proj", heads, width, configuration.hasOutputBias)
        gateUp = ["gate_proj", "up_proj"].map {
            builder.linear("\(path).mlp.\($0)", inputs: width, outputs: inner, bias: configuration.hasMLPBias)
        }
        down = builder.linear("\(path).mlp.down_proj", inputs: inner, outputs: width, bias: configuration.hasMLPBias)
        inputNorm = RMSNorm(builder, "\(path).input_layernorm", size: width, epsilon: configuration.normEpsilon)
        postNorm = RMSNorm(builder, "\(path).post_attention_layernorm", size: width, epsilon: configuration.normEpsilon)
        window = configuration.windows[index]
        computing = builder.computing
    }

    /// - Parameter wanted: the rows whose results are wanted, in rising order; all where `nil`.
    func callAsFunction(
        _ x: Tensor, _ layout: AttentionLayout, _ rotary: RotaryTable, _ positions: [Int32], wanted: [Int32]? = nil
    ) -> Tensor {
        var layout = layout
        layout.window = window
        return callAsFunction(x, wanted: wanted) { $0.attended(layout, rotary: rotary, positions: positions) }
    }

    /// The next rows of the sequence that the cache is of.
    func callAsFunction(
        _ x: Tensor, _ layout: AttentionLayout, _ rotary: RotaryTable, _ cache: KeyValueCache
    ) -> Tensor {
        var layout = layout
        layout.window = window
        return callAsFunction(x) { $0.attended(layout, rotary: rotary, cache: cache) }
    }

    private func callAsFunction(_ x: Tensor, wanted: [Int32]? = nil, attention: (Tensor) -> Tensor) -> Tensor {
        let attended = attention(inputNorm(x, as: computing).projected(by: queryKeyValue))
        guard let wanted else { return transformed(attended, x) }
        return Tensor.withRows(wanted) { transformed(attended.gathered(wanted, as: computing), x.gathered(wanted)) }
    }

    /// What follows attention, which looks at each row by itself.
    private func transformed(_ attended: Tensor, _ x: Tensor) -> Tensor {
        let middle = attended.projected(by: [output], residual: x)
        return postNorm(middle, as: computing).projected(by: gateUp).swiGLU(columns: gateUp[0].outputs)
            .projected(by: [down], residual: middle)
    }

    var isTrainable: Bool {
        (queryKeyValue + [output] + gateUp + [down]).contains(where: \.isTrainable)
            || [inputNorm, postNorm].contains { $0.weight.isDifferentiable }
    }
}
