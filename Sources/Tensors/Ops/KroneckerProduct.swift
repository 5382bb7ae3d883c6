// y = a ⊗ b: y[i p + k, j q + l] = a[i, j] b[k, l] for b [p, q]
//
// da[i, j] = Σ dy[i p + k, j q + l] b[k, l],  db[k, l] = Σ dy[i p + k, j q + l] a[i, j]

extension Tensor {
    /// The Kronecker product of two float32 matrices, [m, n] and [p, q]: [m p, n q].
    public func kronecker(_ other: Tensor) -> Tensor {
        precondition(shape.count == 2 && other.shape.count == 2, "\(shape) ⊗ \(other.shape)")
        let span = Span("Kronecker product")
        let (first, second) = (target, other.target)
        let (a, b) = (detached, other.detached)
        let y = Tensor(uninitialized: [a.rows * b.rows, a.columns * b.columns])
        Self.forEachPair(a, b) { left, right, place in y.floats[place] = a.floats[left] * b.floats[right] }
        return y.recorded(span, from: [self, other]) { upstream, gradients in
            let (da, db) = (Tensor(zeros: a.shape), Tensor(zeros: b.shape))
            Self.forEachPair(a, b) { left, right, place in
                da.floats[left] += upstream.floats[place] * b.floats[right]
                db.floats[right] += upstream.floats[place] * a.floats[left]
            }
            gradients.accumulate(da, for: first)
            gradients.accumulate(db, for: second)
        }
    }

    /// Every element of both, and the place of their product.
    private static func forEachPair(_ a: Tensor, _ b: Tensor, _ body: (_ left: Int, _ right: Int, _ place: Int) -> Void)
    {
        let width = a.columns * b.columns
        for i in 0..<a.rows {
            for k in 0..<b.rows {
                for j in 0..<a.columns {
                    let start = (i * b.rows + k) * width + j * b.columns
                    for l in 0..<b.columns { body(i * a.columns + j, k * b.columns + l, start + l) }
                }
            }
        }
    }
}
