// y = (x − mean x) / √(var x + ε) ∘ w + b     (arXiv:1607.06450)
import CKernels

extension Tensor {
    /// Layer normalisation of the rows of a float32 [rows, n] tensor.
    ///
    /// - Parameters:
    ///   - weight: [n] in float32.
    ///   - bias: [n] in float32.
    ///   - epsilon: added to the variance.
    ///   - type: the result's type, float32 or bfloat16.
    public func layerNormalized(weight: Tensor, bias: Tensor, epsilon: Float, as type: DType = .float32) -> Tensor {
        let span = Span("layer norm")
        let (rows, n, x) = (rows, columns, self)
        let result = Tensor(uninitialized: shape, type)
        let statistics = Tensor(uninitialized: [rows, 2])
        lorad_layer_norm(
            floats, weight.floats, bias.floats, result.pointer, type.kernel, statistics.floats, rows, n, epsilon)
        return result.recorded(span, from: [x, weight, bias]) { upstream, gradients in
            let dy = upstream.converted(to: .float32)
            let dw = weight.isDifferentiable ? Tensor(zeros: weight.shape) : nil
            let db = bias.isDifferentiable ? Tensor(zeros: bias.shape) : nil
            let pullback = { (dx: Tensor, adds: Bool) in
                lorad_layer_norm_pullback(
                    dy.floats, x.floats, weight.floats, statistics.floats, dx.floats, adds ? 1 : 0, dw?.floats,
                    db?.floats, rows, n)
            }
            if x.isDifferentiable {
                gradients.accumulate(for: x.target, pullback)
            } else {
                pullback(Tensor(uninitialized: x.shape), false)
            }
            if let dw { gradients.accumulate(dw, for: weight) }
            if let db { gradients.accumulate(db, for: bias) }
        }
    }
}
