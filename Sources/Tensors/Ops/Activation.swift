// gelu x Φ(x) (arXiv:1606.08415), its tanh form, x σ(1.702 x), silu x σ(x), relu
import CKernels

/// An elementwise non-linearity, named as in the Hugging Face configuration key `hidden_act`.
public enum Activation: String, Sendable, CaseIterable {
    case gelu
    case geluTanh = "gelu_pytorch_tanh"
    case quickGelu = "quick_gelu"
    case silu
    case relu

    /// The activation of a configuration's name, synonyms included; `nil` when there is none.
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

/// Elements of a part.
private let piece = 1 << 16

extension Tensor {
    /// The activation of every element; the result has this tensor's type.
    public func activated(by activation: Activation) -> Tensor {
        let span = Span("activation")
        let x = self
        let make = { @Sendable [x = detached] in
            let result = Tensor(uninitialized: x.shape, x.dtype)
            PartBoard.forPieces(of: x.count, length: piece) { part in
                let start = part.lowerBound * x.dtype.size
                lorad_activation(
                    activation.kind, x.pointer + start, result.pointer + start, x.dtype.kernel, part.count)
            }
            return result
        }
        return make().recorded(span, from: [x]) { dy, gradients in
            let dx = Tensor(uninitialized: x.shape, x.dtype)
            PartBoard.forPieces(of: x.count, length: piece) { part in
                let start = part.lowerBound * x.dtype.size
                lorad_activation_pullback(
                    activation.kind, dy.pointer + part.lowerBound * dy.dtype.size, dy.dtype.kernel, x.pointer + start,
                    dx.pointer + start, x.dtype.kernel, part.count)
            }
            gradients.accumulate(dx, for: x)
        }.remade(by: make)
    }
}
