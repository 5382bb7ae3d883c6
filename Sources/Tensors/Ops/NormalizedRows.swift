// y = x / ‖x‖, by row
//
// dx = (dy − y ⟨y, dy⟩) / ‖x‖
import CKernels

extension Tensor {
    /// The rows of a float32 [rows, n] tensor, each brought to length 1.
    public func normalizedRows() -> Tensor {
        let span = Span("rows of length 1")
        let (x, n) = (target, columns)
        let y = copied()
        let inverses = (0..<rows).map { row in
            let line = y.floats + row * n
            let inverse = Float(1 / lorad_dot(line, line, n).squareRoot())
            lorad_scale(line, inverse, n)
            return inverse
        }
        return y.recorded(span, from: [self]) { upstream, gradients in
            let dx = upstream.copied()
            for (row, inverse) in inverses.enumerated() {
                let (line, unit) = (dx.floats + row * n, y.floats + row * n)
                lorad_axpy(line, -Float(lorad_dot(unit, line, n)), unit, n)
                lorad_scale(line, inverse, n)
            }
            gradients.accumulate(dx, for: x)
        }
    }
}
