// y = (x − mean x) / √(var x + ε) ∘ w + b     (arXiv:1607.06450)
import CKernels

/// Rows of a part.
private let piece = 64

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
        let statistics = Tensor(uninitialized: [rows, 2])
        let make = { @Sendable [x = detached, weight = weight.detached, bias = bias.detached] in
            let result = Tensor(uninitialized: x.shape, type)
            PartBoard.forPieces(of: rows, length: piece) { part in
                let start = part.lowerBound
                lorad_layer_norm(
                    x.floats + start * n, weight.floats, bias.floats, result.pointer + start * n * type.size,
                    type.kernel, statistics.floats + 2 * start, part.count, n, epsilon)
            }
            return result
        }
        return make().recorded(span, from: [x, weight, bias]) { upstream, gradients in
            let dy = upstream.converted(to: .float32)
            let dw = weight.isDifferentiable ? Tensor(zeros: weight.shape) : nil
            let db = bias.isDifferentiable ? Tensor(zeros: bias.shape) : nil
            let pullback = { (dx: Tensor, adds: Bool) in
                // Gradients of weight and bias are sums over all rows, in their order.
                PartBoard.forPieces(of: rows, length: dw == nil && db == nil ? piece : max(rows, 1)) { part in
                    let start = part.lowerBound * n
                    lorad_layer_norm_pullback(
                        dy.floats + start, x.floats + start, weight.floats, statistics.floats + 2 * part.lowerBound,
                        dx.floats + start, adds ? 1 : 0, dw?.floats, db?.floats, part.count, n)
                }
            }
            if x.isDifferentiable {
                gradients.accumulate(for: x.target, pullback)
            } else {
                pullback(Tensor(uninitialized: x.shape), false)
            }
            if let dw { gradients.accumulate(dw, for: weight) }
            if let db { gradients.accumulate(db, for: bias) }
        }.remade(by: make)
    }
}
