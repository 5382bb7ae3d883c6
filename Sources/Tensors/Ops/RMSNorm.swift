// y = x / √(mean x² + ε) ∘ w     (arXiv:1910.07467)
import CKernels

extension Tensor {
    /// Root-mean-square normalisation of the rows of a float32 [rows, n] tensor.
    ///
    /// - Parameters:
    ///   - weight: [n] in float32.
    ///   - epsilon: added to the mean square.
    ///   - type: the result's type.
    public func rmsNormalized(weight: Tensor, epsilon: Float, as type: DType = .float32) -> Tensor {
        let (rows, n, x) = (rows, columns, self)
        let result = Tensor(uninitialized: shape)
        let inverse = Tensor(uninitialized: [rows])
        lorad_rms_norm(floats, weight.floats, result.floats, inverse.floats, rows, n, epsilon)
        return result.converted(to: type).recorded(from: [x, weight]) { upstream, gradients in
            let dy = upstream.converted(to: .float32)
            let dx = Tensor(uninitialized: x.shape)
            let dw = weight.isDifferentiable ? Tensor(zeros: weight.shape) : nil
            lorad_rms_norm_pullback(
                dy.floats, x.floats, weight.floats, inverse.floats, dx.floats, dw?.floats, rows, n)
            gradients.accumulate(dx, for: x)
            if let dw { gradients.accumulate(dw, for: weight) }
        }
    }
}
