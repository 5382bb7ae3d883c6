// y = silu(gate) ∘ up     (arXiv:2002.05202)
import CKernels

/// Elements of a part.
private let piece = 1 << 16

extension Tensor {
    /// The gated product of [gates, then the same number of values], each in rows of `columns`: [rows, columns], of
    /// this tensor's type.
    public func swiGLU(columns: Int) -> Tensor {
        let span = Span("SwiGLU")
        let (x, n) = (self, count / 2)
        let make = { @Sendable [x = detached] in
            let result = Tensor(uninitialized: [n / columns, columns], x.dtype)
            let (size, half) = (x.dtype.size, n * x.dtype.size)
            PartBoard.forPieces(of: n, length: piece) { part in
                let (gate, y) = (x.pointer + part.lowerBound * size, result.pointer + part.lowerBound * size)
                lorad_swiglu(gate, gate + half, y, x.dtype.kernel, part.count)
            }
            return result
        }
        return make().recorded(span, from: [x]) { dy, gradients in
            let dx = Tensor(uninitialized: x.shape, x.dtype)
            let (size, half) = (x.dtype.size, n * x.dtype.size)
            PartBoard.forPieces(of: n, length: piece) { part in
                let start = part.lowerBound * size
                let (gate, dgate) = (x.pointer + start, dx.pointer + start)
                lorad_swiglu_pullback(
                    dy.pointer + part.lowerBound * dy.dtype.size, dy.dtype.kernel, gate, gate + half, dgate,
                    dgate + half, x.dtype.kernel, part.count)
            }
            gradients.accumulate(dx, for: x)
        }.remade(by: make)
    }
}
