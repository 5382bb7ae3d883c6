// y = eᵗ x, where t is one number that may train
//
// dx = eᵗ dy,  dt = ⟨dy, y⟩
import CKernels

extension Tensor {
    /// A float32 tensor multiplied by e to the power of a float32 tensor with one element.
    public func scaled(byExponentialOf exponent: Tensor) -> Tensor {
        precondition(exponent.count == 1, "one exponent expected, found \(exponent.shape)")
        let span = Span("exponential scale")
        let (x, t) = (target, exponent.target)
        let factor = Float(Double(exponent.values[0]).exponential)
        let y = copied()
        lorad_scale(y.floats, factor, count)
        return y.recorded(span, from: [self, exponent]) { upstream, gradients in
            gradients.accumulate(Tensor([Float(lorad_dot(upstream.floats, y.floats, y.count))], shape: t.shape), for: t)
            guard x.isDifferentiable else { return }
            let dx = upstream.copied()
            lorad_scale(dx.floats, factor, dx.count)
            gradients.accumulate(dx, for: x)
        }
    }
}
