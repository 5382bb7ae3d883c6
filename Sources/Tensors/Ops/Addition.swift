// y = a + b
import CKernels

extension Tensor {
    /// The elementwise sum of two tensors of one shape, in float32.
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        a.detached.adding(b.detached).recorded(from: [a, b]) { upstream, gradients in
            gradients.accumulate(upstream, for: a)
            gradients.accumulate(upstream, for: b)
        }
    }
}
