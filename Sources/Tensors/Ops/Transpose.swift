// y = xᵀ
//
// dx = dyᵀ

extension Tensor {
    /// This float32 matrix [m, n] as [n, m].
    public func transposed() -> Tensor {
        precondition(shape.count == 2, "a transpose of \(shape)")
        let span = Span("transpose")
        let x = target
        return turned.recorded(span, from: [self]) { upstream, gradients in
            gradients.accumulate(upstream.turned, for: x)
        }
    }

    private var turned: Tensor {
        let result = Tensor(uninitialized: [columns, rows])
        let (source, target) = (floats, result.floats)
        for row in 0..<rows {
            for column in 0..<columns { target[column * rows + row] = source[row * columns + column] }
        }
        return result
    }
}
