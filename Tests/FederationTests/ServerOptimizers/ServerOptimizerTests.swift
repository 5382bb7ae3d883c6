import Foundation
import Tensors
import Testing

@testable import Federation

@Suite("Server optimizers")
struct ServerOptimizerTests {
    /// Three rounds' aggregates of two numbers.
    static let targets: [[Float]] = [[1, -2], [0.5, -2.5], [2, 0]]
    static let initial: [Float] = [0.25, -1]

    private func state(_ values: [Float]) -> StateDict { StateDict([("w", Tensor(values, shape: [2]))]) }

    private func run(_ optimizer: inout any ServerOptimizer, rounds: Range<Int> = 0..<3, from: [Float] = initial)
        throws -> [Float]
    {
        var state = state(from)
        for round in rounds {
            state = try optimizer.step(state, toward: self.state(Self.targets[round]), keys: ["w"])
        }
        return state["w"]?.values ?? []
    }

    /// The same in float64 from a formula for one number: (x, Δ, m, v, t), with v's first value.
    private func reference(
        _ v0: Double = 0, _ formula: (inout Double, Double, inout Double, inout Double, Int) -> Void
    ) -> [Float] {
        (0..<2).map { index in
            var (x, m, v) = (Double(Self.initial[index]), 0.0, v0)
            for (round, target) in Self.targets.enumerated() {
                formula(&x, Double(target[index]) - x, &m, &v, round + 1)
            }
            return Float(x)
        }
    }

    private func check(
        _ name: String, with options: ServerOptimizerOptions = ServerOptimizerOptions(), _ expected: [Float]
    ) throws {
        var optimizer = try ServerOptimizers.named(name, options)
        for (found, expected) in zip(try run(&optimizer), expected) {
            #expect(abs(found - expected) <= 1e-5 * abs(expected), "\(name): \(found), expected \(expected)")
        }
    }

    @Test("None takes the aggregate")
    func none() throws { try check("none", Self.targets[2]) }

    @Test("SGD is DiLoCo's outer optimizer by default")
    func nesterov() throws {
        try check(
            "sgd",
            reference { x, d, m, _, _ in
                m = 0.9 * m + d
                x += 0.7 * (d + 0.9 * m)
            })
    }

    @Test("SGD without look-ahead is FedAvgM, and with neither rate nor momentum plain averaging")
    func momentum() throws {
        var options = ServerOptimizerOptions()
        (options.learningRate, options.momentum, options.nesterov) = (1, 0.5, false)
        try check(
            "sgd", with: options,
            reference { x, d, m, _, _ in
                m = 0.5 * m + d
                x += m
            })
        options.momentum = 0
        try check("sgd", with: options, Self.targets[2])
    }

    @Test("Adam corrects the bias of both moments")
    func adam() throws {
        try check(
            "adam",
            reference { x, d, m, v, t in
                m = 0.9 * m + 0.1 * d
                v = 0.99 * v + 0.01 * d * d
                x += 0.1 * (m / (1 - pow(0.9, Double(t)))) / ((v / (1 - pow(0.99, Double(t)))).squareRoot() + 1e-3)
            })
    }

    @Test("Yogi's variance moves by the sign of its distance")
    func yogi() throws {
        try check(
            "yogi",
            reference(1e-6) { x, d, m, v, _ in
                m = 0.9 * m + 0.1 * d
                v -= 0.01 * d * d * (v > d * d ? 1 : v < d * d ? -1 : 0)
                x += 0.01 * m / (v.squareRoot() + 1e-3)
            })
    }

    @Test("Adagrad's variance only grows")
    func adagrad() throws {
        try check(
            "adagrad",
            reference(1e-6) { x, d, m, v, _ in
                m = d
                v += d * d
                x += 0.1 * m / (v.squareRoot() + 1e-3)
            })
    }

    @Test("A checkpoint goes on with the same bits", arguments: ServerOptimizers.names)
    func checkpoint(_ name: String) throws {
        var whole = try ServerOptimizers.named(name)
        let expected = try run(&whole)
        var first = try ServerOptimizers.named(name)
        let half = try run(&first, rounds: 0..<2)
        var second = try ServerOptimizers.named(name)
        try second.restore(first.stateDict, for: state(half))
        #expect(try run(&second, rounds: 2..<3, from: half) == expected)
    }

    @Test("Tensors that a round does not train stay as they are, moments included", arguments: ServerOptimizers.names)
    func untrained(_ name: String) throws {
        var optimizer = try ServerOptimizers.named(name)
        let start = StateDict([("a", Tensor([1], shape: [1])), ("b", Tensor([1], shape: [1]))])
        let target = StateDict([("a", Tensor([2], shape: [1])), ("b", Tensor([2], shape: [1]))])
        let first = try optimizer.step(start, toward: target, keys: ["a"])
        #expect(first["b"]?.values == [1] && first["a"]?.values != [1])
        let second = try optimizer.step(first, toward: target, keys: ["b"])
        #expect(second["a"]?.values == first["a"]?.values)
        #expect(second["b"]?.values == first["a"]?.values)  // its first step, like the other's
    }

    @Test("An aggregate that does not fit changes nothing", arguments: ServerOptimizers.names)
    func misfit(_ name: String) throws {
        var optimizer = try ServerOptimizers.named(name)
        let before = optimizer.stateDict.numbers
        for target in [StateDict(), StateDict([("w", Tensor(zeros: [3]))])] {
            #expect(throws: FederationError.self) {
                try optimizer.step(state(Self.initial), toward: target, keys: ["w"])
            }
        }
        #expect(optimizer.stateDict.numbers == before)
    }

    @Test("A step that is not finite is refused", arguments: ["sgd", "adam", "yogi", "adagrad"])
    func notFinite(_ name: String) throws {
        var optimizer = try ServerOptimizers.named(name)
        let large = Float.greatestFiniteMagnitude
        #expect(throws: FederationError.self) {
            try optimizer.step(state([-large, 0]), toward: state([large, 0]), keys: ["w"])
        }
        #expect(optimizer.stateDict.count == 0)
    }

    @Test("A damaged checkpoint is refused")
    func damagedCheckpoint() throws {
        var adam = try ServerOptimizers.named("adam")
        _ = try run(&adam)
        func refused(_ change: (inout StateDict) -> Void) {
            var saved = adam.stateDict
            change(&saved)
            let error = #expect(throws: FederationError.self) { try adam.restore(saved, for: state(Self.initial)) }
            #expect(error?.code == .corruptState)
        }
        refused { $0["w.mean"] = nil }
        refused { $0["w.variance"] = Tensor(zeros: [3]) }
        refused { $0["w.mean"] = Tensor([.nan, 0], shape: [2]) }
        refused { $0["w.steps"] = Tensor(integers: [-1]) }
        refused { $0["w.steps"] = Tensor(integers: [.max]) }
        refused { $0["v.mean"] = Tensor(zeros: [2]) }
        var sgd = try ServerOptimizers.named("sgd")
        #expect(throws: FederationError.self) { try sgd.restore(adam.stateDict, for: state(Self.initial)) }
    }

    @Test("Options out of range and unknown names are refused")
    func options() {
        func refused(_ name: String, _ change: (inout ServerOptimizerOptions) -> Void) {
            var options = ServerOptimizerOptions()
            change(&options)
            #expect(throws: FederationError.self) { try ServerOptimizers.named(name, options) }
        }
        refused("sgd") { $0.momentum = 1 }
        refused("sgd") { $0.learningRate = 0 }
        refused("adam") { $0.beta2 = -0.1 }
        refused("yogi") { $0.adaptivity = .nan }
        refused("lion") { _ in }
    }

    @Test("Aggregators that make new factors each round are paired with no optimizer")
    func pairing() throws {
        for name in Aggregators.names {
            let aggregator = try Aggregators.named(name, AggregatorLawsTests.options)
            _ = try ServerOptimizers.named("none", after: aggregator)
            if ["flora", "flexlora", "fedex_lora"].contains(name) {
                #expect(throws: FederationError.self) { try ServerOptimizers.named("adam", after: aggregator) }
            } else {
                _ = try ServerOptimizers.named("adam", after: aggregator)
            }
        }
    }
}
