// y = a + b
import CKernels

extension Tensor {
    /// The elementwise sum of two tensors of one shape, in float32.
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        let span = Span("addition")
        let (first, second) = (a.target, b.target)
        return a.detached.adding(b.detached).recorded(span, from: [a, b]) { upstream, gradients in
            gradients.accumulate(upstream, for: first)
            gradients.accumulate(upstream, for: second)
        }
    }
}
