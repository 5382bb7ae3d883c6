// y = x / √(mean x² + ε) ∘ w     (arXiv:1910.07467)
import CKernels

/// Rows of a part.
private let piece = 64

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
            PartBoard.forPieces(of: rows, length: piece) { part in
                let start = part.lowerBound
                lorad_rms_norm(
                    x.floats + start * n, weight.floats, result.pointer + start * n * type.size, type.kernel,
                    inverse.floats + start, part.count, n, epsilon)
            }
            return result
        }
        return make().recorded(span, from: [x, weight]) { upstream, gradients in
            let dy = upstream.converted(to: .float32)
            let dw = weight.isDifferentiable ? Tensor(zeros: weight.shape) : nil
            let pullback = { (dx: Tensor, adds: Bool) in
                // The weight's gradient is a sum over all rows, in their order.
                PartBoard.forPieces(of: rows, length: dw == nil ? piece : max(rows, 1)) { part in
                    let start = part.lowerBound * n
                    lorad_rms_norm_pullback(
                        dy.floats + start, x.floats + start, weight.floats, inverse.floats + part.lowerBound,
                        dx.floats + start, adds ? 1 : 0, dw?.floats, part.count, n)
                }
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
