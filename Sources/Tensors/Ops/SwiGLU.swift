// y = silu(gate) ∘ up     (arXiv:2002.05202)
import CKernels

extension Tensor {
    /// The gated product of [gates, then as many values], each of rows of `columns`: [rows, columns], of this tensor's type.
    public func swiGLU(columns: Int) -> Tensor {
        let span = Span("SwiGLU")
        let (x, n) = (self, count / 2)
        let result = Tensor(uninitialized: [n / columns, columns], dtype)
        lorad_swiglu(pointer, pointer + n * dtype.size, result.pointer, dtype.kernel, n)
        return result.recorded(span, from: [x]) { dy, gradients in
            let dx = Tensor(uninitialized: x.shape, x.dtype)
            let half = n * x.dtype.size
            lorad_swiglu_pullback(
                dy.pointer, dy.dtype.kernel, x.pointer, x.pointer + half, dx.pointer, dx.pointer + half, x.dtype.kernel,
                n)
            gradients.accumulate(dx, for: x)
        }
    }
}
