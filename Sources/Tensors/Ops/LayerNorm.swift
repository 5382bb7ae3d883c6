// y = (x − mean x) / √(var x + ε) ∘ w + b     (arXiv:1607.06450)
import CKernels

extension Tensor {
    /// Layer normalisation of the rows of a float32 [rows, n] tensor.
    ///
    /// - Parameters:
    ///   - weight: [n] in float32.
    ///   - bias: [n] in float32.
    ///   - epsilon: added to the variance.
    ///   - type: the result's type.
    public func layerNormalized(weight: Tensor, bias: Tensor, epsilon: Float, as type: DType = .float32) -> Tensor {
        let (rows, n, x) = (rows, columns, self)
        let result = Tensor(uninitialized: shape)
        let statistics = Tensor(uninitialized: [rows, 2])
        lorad_layer_norm(floats, weight.floats, bias.floats, result.floats, statistics.floats, rows, n, epsilon)
        return result.converted(to: type).recorded(from: [x, weight, bias]) { upstream, gradients in
            let dy = upstream.converted(to: .float32)
            let dx = Tensor(uninitialized: x.shape)
            let dw = weight.isDifferentiable ? Tensor(zeros: weight.shape) : nil
            let db = bias.isDifferentiable ? Tensor(zeros: bias.shape) : nil
            lorad_layer_norm_pullback(
                dy.floats, x.floats, weight.floats, statistics.floats, dx.floats, dw?.floats, db?.floats, rows, n)
            gradients.accumulate(dx, for: x)
            if let dw { gradients.accumulate(dw, for: weight) }
            if let db { gradients.accumulate(db, for: bias) }
        }
    }
}
