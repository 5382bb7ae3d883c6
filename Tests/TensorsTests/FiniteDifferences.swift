import Foundation
import Testing

@testable import Tensors

/// A small deterministic generator of test data.
struct TestRandom: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64 = 1) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func tensor(_ shape: [Int], scale: Float = 1) -> Tensor {
        Tensor((0..<shape.reduce(1, *)).map { _ in Float.random(in: -scale...scale, using: &self) }, shape: shape)
    }
}

/// One operation with inputs, all of which it must be differentiable in.
struct OperationCase: Sendable, CustomTestStringConvertible {
    var name: String
    var shapes: [[Int]]
    var scale: Float = 1
    var function: @Sendable ([Tensor]) -> Tensor

    var testDescription: String { name }
}

/// Compares the gradients of ⟨upstream, f(inputs)⟩ with central differences, element by element.
///
/// Returns the largest relative distance ‖numeric − analytic‖ / ‖numeric‖ over the inputs.
func gradientError(_ operation: OperationCase, step: Float = 5e-3) -> Double {
    var random = TestRandom(UInt64(operation.name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }))
    let inputs = operation.shapes.map { random.tensor($0, scale: operation.scale) }
    let upstream = random.tensor(Tensor.withoutGraph { operation.function(inputs) }.shape)
    func value(_ inputs: [Tensor]) -> Double {
        let result = Tensor.withoutGraph { operation.function(inputs) }
        return zip(result.values, upstream.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let leaves = inputs.map { $0.trainable() }
    let gradients = operation.function(leaves).backward(upstream: upstream)
    return leaves.indices.map { index -> Double in
        let analytic = gradients[leaves[index]]?.values ?? Array(repeating: 0, count: leaves[index].count)
        let original = inputs[index].values
        var (distance, norm) = (0.0, 0.0)
        for element in original.indices {
            let moved = [step, -step].map { shift -> Double in
                var values = original
                values[element] += shift
                var moved = inputs
                moved[index] = Tensor(values, shape: inputs[index].shape)
                return value(moved)
            }
            let width = Double(original[element] + step) - Double(original[element] - step)
            let numeric = (moved[0] - moved[1]) / width
            distance += pow(numeric - Double(analytic[element]), 2)
            norm += numeric * numeric
        }
        return (distance / max(norm, 1e-12)).squareRoot()
    }.max() ?? 0
}
