// y = x / √(mean x² + ε) ∘ w     (arXiv:1910.07467)
import CKernels

extension Tensor {
    /// Root-mean-square normalisation of the rows of a float32 [rows, n] tensor.
    ///
    /// - Parameters:
    ///   - weight: [n] in float32.
    ///   - epsilon: added to the mean square.
    ///   - type: the result's type, float32 or bfloat16.
    public func rmsNormalized(weight: Tensor, epsilon: Float, as type: DType = .float32) -> Tensor {
        let span = Span("RMS norm")
        let (rows, n, x) = (rows, columns, self)
        let inverse = Tensor(uninitialized: [rows])
        let make = { @Sendable [x = detached, weight = weight.detached] in
            let result = Tensor(uninitialized: x.shape, type)
            lorad_rms_norm(x.floats, weight.floats, result.pointer, type.kernel, inverse.floats, rows, n, epsilon)
            return result
        }
        return make().recorded(span, from: [x, weight]) { upstream, gradients in
            let dy = upstream.converted(to: .float32)
            let dw = weight.isDifferentiable ? Tensor(zeros: weight.shape) : nil
            let pullback = { (dx: Tensor, adds: Bool) in
                lorad_rms_norm_pullback(
                    dy.floats, x.floats, weight.floats, inverse.floats, dx.floats, adds ? 1 : 0, dw?.floats, rows, n)
            }
            if x.isDifferentiable {
                gradients.accumulate(for: x.target, pullback)
            } else {
                pullback(Tensor(uninitialized: x.shape), false)
            }
            if let dw { gradients.accumulate(dw, for: weight) }
        }.remade(by: make)
    }
}
