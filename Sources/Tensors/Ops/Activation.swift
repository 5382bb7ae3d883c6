// gelu x Φ(x) (arXiv:1606.08415), its tanh form, x σ(1.702 x), silu x σ(x), relu
import CKernels

/// An elementwise non-linearity, named as in the Hugging Face configuration key `hidden_act`.
public enum Activation: String, Sendable, CaseIterable {
    case gelu
    case geluTanh = "gelu_pytorch_tanh"
    case quickGelu = "quick_gelu"
    case silu
    case relu

    /// The activation of a configuration's name, synonyms included; nil when there is none.
    public init?(name: String) {
        switch name {
        case "gelu_new", "gelu_fast": self = .geluTanh
        case "swish": self = .silu
        default: self.init(rawValue: name)
        }
    }

    fileprivate var kind: Int32 {
        switch self {
        case .gelu: 0
        case .geluTanh: 1
        case .quickGelu: 2
        case .silu: 3
        case .relu: 4
        }
    }
}

extension Tensor {
    /// The activation of every element; the result has this tensor's type.
    public func activated(by activation: Activation) -> Tensor {
        let span = Span("activation")
        let x = self
        let result = Tensor(uninitialized: shape, dtype)
        lorad_activation(activation.kind, pointer, result.pointer, dtype.kernel, count)
        return result.recorded(span, from: [x]) { dy, gradients in
            let dx = Tensor(uninitialized: x.shape, x.dtype)
            lorad_activation_pullback(
                activation.kind, dy.pointer, dy.dtype.kernel, x.pointer, dx.pointer, x.dtype.kernel, x.count)
            gradients.accumulate(dx, for: x)
        }
    }
}
