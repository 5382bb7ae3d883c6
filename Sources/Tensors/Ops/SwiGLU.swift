// y = silu(gate) ∘ up     (arXiv:2002.05202)
import CKernels

extension Tensor {
    /// The gated product of rows that hold [gate | up], 2n values each: [rows, n], of this tensor's type.
    public func swiGLU() -> Tensor {
        let (x, n) = (self, columns / 2)
        let wide = converted(to: .float32)
        let result = Tensor(uninitialized: [rows, n])
        lorad_swiglu(wide.floats, result.floats, rows, n)
        return result.converted(to: dtype).recorded(from: [x]) { upstream, gradients in
            let dy = upstream.converted(to: .float32)
            let wide = x.converted(to: .float32)
            let dx = Tensor(uninitialized: x.shape)
            lorad_swiglu_pullback(dy.floats, wide.floats, dx.floats, x.rows, n)
            gradients.accumulate(dx, for: x)
        }
    }
}
