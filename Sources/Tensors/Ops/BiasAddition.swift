// y = x + b: a number added to each column
//
// dx = dy,  db = Σ dy over the rows
import CKernels

extension Tensor {
    /// This float32 tensor [rows, n] with a number added to each column.
    ///
    /// - Parameter bias: n numbers, float32.
    public func adding(bias: Tensor) -> Tensor {
        precondition(bias.count == columns, "\(bias.shape) for the columns of \(shape)")
        let span = Span("bias")
        let (x, b) = (target, bias.target)
        let y = copied()
        lorad_add_bias(y.floats, bias.floats, rows, columns, columns)
        return y.recorded(span, from: [self, bias]) { upstream, gradients in
            gradients.accumulate(upstream, for: x)
            guard b.isDifferentiable else { return }
            let db = Tensor(zeros: b.shape)
            lorad_column_sums(upstream.floats, db.floats, upstream.rows, upstream.columns, upstream.columns)
            gradients.accumulate(db, for: b)
        }
    }
}
