// y = a ∘ b
//
// da = dy ∘ b,  db = dy ∘ a
import CKernels

extension Tensor {
    /// The elementwise product of two float32 tensors of one shape.
    public static func * (a: Tensor, b: Tensor) -> Tensor {
        precondition(a.shape == b.shape, "\(a.shape) times \(b.shape)")
        let span = Span("elementwise product")
        let (first, second) = (a.target, b.target)
        let (left, right) = (a.detached, b.detached)
        return left.times(right).recorded(span, from: [a, b]) { upstream, gradients in
            gradients.accumulate(upstream.times(right), for: first)
            gradients.accumulate(upstream.times(left), for: second)
        }
    }

    private func times(_ other: Tensor) -> Tensor {
        let result = Tensor(uninitialized: shape)
        lorad_multiply(floats, other.floats, result.floats, count)
        return result
    }
}
