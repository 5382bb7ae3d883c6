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
        let x = self
        let wide = converted(to: .float32)
        let result = Tensor(uninitialized: shape)
        lorad_activation(activation.kind, wide.floats, result.floats, count)
        return result.converted(to: dtype).recorded(from: [x]) { upstream, gradients in
            let dy = upstream.converted(to: .float32)
            let wide = x.converted(to: .float32)
            let dx = Tensor(uninitialized: x.shape)
            lorad_activation_pullback(activation.kind, dy.floats, wide.floats, dx.floats, x.count)
            gradients.accumulate(dx, for: x)
        }
    }
}
