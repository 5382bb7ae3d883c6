import Adapters
import Crypto
import Foundation
import Tensors

/// A base model before anything was trained: what a state must be equal to in effect if its adapter changes nothing.
struct UntrainedModel: Sendable {
    /// What a tensor must hold.
    private enum Value {
        /// Anything: an A whose B is zero has no effect.
        case any
        /// Zeros.
        case zero
        /// The base model's numbers, by their SHA-256.
        case base(Data)
    }

    private let values: [String: Value]

    /// Takes the base model's numbers from fresh weights, before anything trains.
    init(_ fresh: AdapterWeights) {
        let pairs = fresh.parameters.map { ($0.description.key, Self.value(of: $0)) }
        values = Dictionary(pairs) { first, _ in first }
    }

    private static func value(of parameter: AdapterWeights.Parameter) -> Value {
        switch parameter.description.start {
        case .drawn: .any
        case .zeros: .zero
        case .base: .base(digest(of: parameter.tensor))
        }
    }

    /// Names the first tensor of a state that changes the model; `nil` if none does.
    func change(in state: StateDict) -> String? {
        for (name, tensor) in state.entries {
            switch values[name] {
            case .any: continue
            case .zero:
                // Minus zero has no effect either; NaN has.
                guard tensor.withFloats({ $0.allSatisfy { $0 == 0 } }) else { return "\(name) is not zero" }
            case .base(let expected):
                guard Self.digest(of: tensor) == expected else { return "\(name) differs from the base model's" }
            case nil: return "\(name) is no tensor of a new adapter"
            }
        }
        return nil
    }

    private static func digest(of tensor: Tensor) -> Data {
        tensor.withFloats { values in
            var hash = SHA256()
            hash.update(bufferPointer: UnsafeRawBufferPointer(values))
            return Data(hash.finalize())
        }
    }
}
