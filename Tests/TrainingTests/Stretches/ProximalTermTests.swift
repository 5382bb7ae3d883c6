import Adapters
import Foundation
import Tensors
import Testing

@testable import Training

@Suite("The proximal term")
struct ProximalTermTests {
    private let weights: AdapterWeights

    init() throws { weights = try TinyLlava().weights }

    @Test("Its gradient is the difference quotient of μ/2 ‖x − x₀‖²")
    func differences() throws {
        let strength = 0.25
        let term = ProximalTerm(strength: strength, around: weights)
        let parameter = weights.parameters[0].tensor
        let origin = parameter.values.map(Double.init)
        parameter.updateInPlace { for i in $0.indices { $0[i] += 0.5 * Float(i % 3 - 1) } }
        var gradients: [Tensor?] = weights.parameters.map { Tensor(zeros: $0.tensor.shape) }
        term.add(to: &gradients)
        func value(_ x: [Double]) -> Double {
            strength / 2 * zip(x, origin).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        }
        let (x, found) = (parameter.values.map(Double.init), try #require(gradients[0]).values)
        for i in x.indices {
            var (above, below) = (x, x)
            above[i] += 1e-4
            below[i] -= 1e-4
            #expect(abs((value(above) - value(below)) / 2e-4 - Double(found[i])) < 1e-6)
        }
        #expect(gradients.dropFirst().allSatisfy { $0?.values.allSatisfy { $0 == 0 } == true })
    }

    @Test("It is added to what is there, in memory of its own, and nothing comes of nothing")
    func addition() throws {
        let term = ProximalTerm(strength: 2, around: weights)
        weights.parameters[1].tensor.updateInPlace { for i in $0.indices { $0[i] += 1 } }
        let gradient = Tensor(
            Array(repeating: 3, count: weights.parameters[1].tensor.count), shape: weights.parameters[1].tensor.shape)
        var gradients: [Tensor?] = weights.parameters.indices.map { $0 == 1 ? gradient : nil }
        term.add(to: &gradients)
        #expect(gradients[1]?.values.allSatisfy { abs($0 - 5) < 1e-5 } == true)
        #expect(gradient.values.allSatisfy { $0 == 3 })
        #expect(gradients[0] == nil)
    }

    @Test("A strong term keeps a stretch near where it started; the first step does not feel it")
    func pull() throws {
        let folder = try TemporaryFolder()
        let tiny = try TinyLlava()
        let source = tiny.source(try tiny.rows(sentences: [1, 2], in: folder))
        let start = try TinyLlava().weights.stateDict
        var arguments = TrainingArguments()
        arguments.learningRate = 2e-3
        arguments.maxGradNorm = 0
        func end(_ strength: Double, steps: Int) throws -> StateDict {
            let options = StretchOptions(seed: 1, proximalStrength: strength)
            return try LocalStretch(tiny.computation(lanes: 1), arguments: arguments, options: options)
                .run(StretchPlan(steps: Array(repeating: [0, 1], count: steps)), on: source, from: start).values
        }
        func distance(_ state: StateDict) -> Double {
            state.entries.reduce(0) { sum, entry in
                let origin = start[entry.name]?.values ?? []
                return sum + zip(entry.tensor.values, origin).reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }
            }
        }
        #expect(try end(0, steps: 1).bits == end(100, steps: 1).bits)
        #expect(try distance(end(100, steps: 12)) < 0.5 * distance(end(0, steps: 12)))
    }
}
