import Adapters
import Crypto
import Foundation
import Tensors

/// A base model before anything was trained: what a state must be equal to in effect if its adapter changes nothing.
struct UntrainedModel: Sendable {
    /// What a tensor must hold.
    private enum Value {
        /// What the run's seed draws. It has no effect while B is zero, but decides what the training can find.
        case drawn
        /// One number everywhere.
        case constant(Float)
        /// The base model's numbers, by their SHA-256.
        case base(Data)
        /// What the method computes of the base model's numbers, such as DoRA's norms of a weight's rows.
        case computed([Float])
    }

    private let values: [String: Value]
    private let draw: @Sendable (_ key: String, _ shape: [Int]) -> Tensor?

    /// Takes the base model's numbers from fresh weights, before anything trains.
    ///
    /// - Parameter seed: the run's, which decides A.
    init(_ fresh: AdapterWeights, seed: Int) {
        draw = { fresh.fresh($0, shape: $1, seed: UInt64(bitPattern: Int64(seed))) }
        let pairs = fresh.parameters.map { ($0.description.key, Self.value(of: $0)) }
        values = Dictionary(pairs) { first, _ in first }
    }

    private static func value(of parameter: AdapterWeights.Parameter) -> Value {
        switch parameter.description.start {
        case .drawn: .drawn
        case .zeros: .constant(0)
        case .ones: .constant(1)
        case .base where parameter.description.role == .adapter: .computed(parameter.tensor.values)
        case .base: .base(digest(of: parameter.tensor))
        }
    }

    /// Names the first tensor of a state that changes the model; `nil` if none does.
    func change(in state: StateDict) -> String? {
        for (name, tensor) in state.entries {
            switch values[name] {
            case .drawn:
                guard isDrawn(tensor, name) else { return "\(name) is not what the run's seed draws" }
            case .constant(let number):
                // Minus zero has no effect either; NaN has.
                guard tensor.withFloats({ $0.allSatisfy { $0 == number } }) else {
                    return "\(name) is not \(number == 0 ? "zero" : "one")"
                }
            case .computed(let expected):
                guard Self.isClose(tensor.values, expected) else { return "\(name) differs from the base model's" }
            case .base(let expected):
                guard Self.digest(of: tensor) == expected else { return "\(name) differs from the base model's" }
            case nil: return "\(name) is no tensor of a new adapter"
            }
        }
        return nil
    }

    /// Whether a tensor is the run's draw. Logarithms and cosines of a normal draw may differ in their last bits between machines.
    private func isDrawn(_ tensor: Tensor, _ name: String) -> Bool {
        guard let expected = draw(name, tensor.shape), expected.shape == tensor.shape else { return false }
        return Self.isClose(tensor.values, expected.values)
    }

    /// Whether numbers are equal but for what machines round differently: 1e-5 of each.
    private static func isClose(_ found: [Float], _ expected: [Float]) -> Bool {
        found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 * abs($1) }
    }

    private static func digest(of tensor: Tensor) -> Data {
        tensor.withFloats { values in
            var hash = SHA256()
            hash.update(bufferPointer: UnsafeRawBufferPointer(values))
            return Data(hash.finalize())
        }
    }
}
