// y = silu(gate) ∘ up     (arXiv:2002.05202)
import CKernels

extension Tensor {
    /// The gated product of [gates, then as many values], each of rows of `columns`: [rows, columns], of this tensor's type.
    public func swiGLU(columns: Int) -> Tensor {
        let span = Span("SwiGLU")
        let (x, n) = (self, count / 2)
        let make = { @Sendable [x = detached] in
            let result = Tensor(uninitialized: [n / columns, columns], x.dtype)
            lorad_swiglu(x.pointer, x.pointer + n * x.dtype.size, result.pointer, x.dtype.kernel, n)
            return result
        }
        return make().recorded(span, from: [x]) { dy, gradients in
            let dx = Tensor(uninitialized: x.shape, x.dtype)
            let half = n * x.dtype.size
            lorad_swiglu_pullback(
                dy.pointer, dy.dtype.kernel, x.pointer, x.pointer + half, dx.pointer, dx.pointer + half, x.dtype.kernel,
                n)
            gradients.accumulate(dx, for: x)
        }.remade(by: make)
    }
}
