import Tensors
import Testing

@testable import Federation

/// What holds for every aggregator in the registry.
@Suite("Every aggregator")
struct AggregatorLawsTests {
    static let options: AggregationOptions = {
        var options = AggregationOptions()
        options.normBound = 4
        options.seed = 7
        return options
    }()

    private func fixture(_ aggregator: some Aggregator, workers: Int = 6, round: Int = 0) throws -> RoundFixture {
        let ranks = (0..<workers).map { type(of: aggregator).acceptsMixedRanks ? 1 + $0 % 3 : 3 }
        return try RoundFixture(ranks: ranks, globalRank: 3, round: round)
    }

    @Test("The order of arrival does not change a bit", arguments: Aggregators.names)
    func permutations(_ name: String) throws {
        let aggregator = try Aggregators.named(name, Self.options)
        var fixture = try fixture(aggregator)
        let expected = try fixture.aggregate(aggregator)
        var random = SplitMix64(seed: 3)
        for _ in 0..<4 {
            fixture.updates.shuffle(using: &random)
            let found = try fixture.aggregate(aggregator)
            #expect(found.state.numbers == expected.state.numbers && found.leftOut == expected.leftOut)
            #expect(found.baseDelta?.stateDict.numbers == expected.baseDelta?.stateDict.numbers)
        }
    }

    @Test("Frozen weights change only where the aggregator says so, which workers go by", arguments: Aggregators.names)
    func base(_ name: String) throws {
        let aggregator = try Aggregators.named(name, Self.options)
        let result = try fixture(aggregator).aggregate(aggregator)
        #expect((result.baseDelta != nil) == type(of: aggregator).changesBase)
    }

    @Test("Whose update it is makes no difference beyond rounding", arguments: Aggregators.names)
    func names(_ name: String) throws {
        let aggregator = try Aggregators.named(name, Self.options)
        var fixture = try fixture(aggregator)
        let expected = try fixture.aggregate(aggregator)
        for index in fixture.updates.indices {
            fixture.updates[index].summary.worker = "x\(fixture.updates.count - index)"
        }
        let found = try fixture.aggregate(aggregator)
        for pair in fixture.start.layout.pairs {
            let (one, other) = (try fixture.effect(expected, pair), try fixture.effect(found, pair))
            #expect(one.distance(to: other) <= roundingError * one.squaredNorm.squareRoot())
        }
    }

    @Test("Weights count by their ratios only", arguments: Aggregators.names)
    func weights(_ name: String) throws {
        let aggregator = try Aggregators.named(name, Self.options)
        var fixture = try fixture(aggregator)
        let expected = try fixture.aggregate(aggregator)
        for factor in [1024.0, 1 / 3072.0] {
            for index in fixture.updates.indices { fixture.updates[index].summary.weight *= factor }
            let found = try fixture.aggregate(aggregator)
            for pair in fixture.start.layout.pairs {
                let (one, other) = (try fixture.effect(expected, pair), try fixture.effect(found, pair))
                #expect(one.distance(to: other) <= roundingError * one.squaredNorm.squareRoot())
            }
            #expect(found.state["head.bias"]?.values == expected.state["head.bias"]?.values)
        }
    }

    @Test(
        "Weights that every tensor depends on do count",
        arguments: ["mean", "ffa_lora", "flora", "flexlora", "hetlora"])
    func weightsMatter(_ name: String) throws {
        let aggregator = try Aggregators.named(name, Self.options)
        var fixture = try fixture(aggregator)
        let before = try fixture.aggregate(aggregator).state["head.bias"]?.values
        fixture.updates[0].summary.weight = 50
        #expect(try fixture.aggregate(aggregator).state["head.bias"]?.values != before)
    }

    @Test("Workers that agree are what the round agrees on, in product", arguments: Aggregators.names)
    func agreement(_ name: String) throws {
        let aggregator = try Aggregators.named(name, Self.options)
        var fixture = try RoundFixture(ranks: Array(repeating: 3, count: 5), style: .trained)
        let agreed = fixture.updates[0].state
        for index in fixture.updates.indices { fixture.updates[index].state = agreed }
        let result = try fixture.aggregate(aggregator)
        #expect(try fixture.error(result, fixture.updates(for: aggregator)) < roundingError)
        #expect(result.state["head.bias"]?.values == agreed["head.bias"]?.values)
    }

    @Test("One worker alone is taken at its word", arguments: Aggregators.names)
    func alone(_ name: String) throws {
        var options = Self.options
        options.normBound = 1e6
        let aggregator = try Aggregators.named(name, options)
        let fixture = try fixture(aggregator, workers: 1)
        guard aggregator.minimumUpdates == 1 else {
            #expect(throws: FederationError.self) { try fixture.aggregate(aggregator) }
            return
        }
        let result = try fixture.aggregate(aggregator)
        let update = fixture.updates(for: aggregator)[0]
        #expect(try fixture.error(result, [update]) < roundingError)
        guard !type(of: aggregator).acceptsMixedRanks else { return }
        for (key, tensor) in update.state.entries { #expect(result.state[key]?.values == tensor.values) }
    }

    @Test("What does not train stays, and the shapes of the start remain", arguments: Aggregators.names, [0, 1])
    func shapes(_ name: String, _ round: Int) throws {
        let aggregator = try Aggregators.named(name, Self.options)
        let fixture = try fixture(aggregator, round: round)
        let result = try fixture.aggregate(aggregator)
        #expect(result.state.names == fixture.start.state.names)
        #expect(result.trainedKeys == fixture.start.sentKeys(aggregator.trainedFactors(inRound: round)))
        for (key, tensor) in fixture.start.state.entries {
            #expect(result.state[key]?.shape == tensor.shape)
            if !result.trainedKeys.contains(key) { #expect(result.state[key]?.values == tensor.values) }
        }
    }

    @Test("A linear aggregator's result follows from the mean difference alone", arguments: Aggregators.names, [0, 1])
    func linearity(_ name: String, _ round: Int) throws {
        let aggregator = try Aggregators.named(name, Self.options)
        guard let linear = aggregator as? any LinearAggregator else {
            #expect(throws: FederationError.self) { try Aggregators.linear(named: name, Self.options) }
            return
        }
        #expect(type(of: aggregator).isLinear)
        let fixture = try fixture(aggregator, round: round)
        let expected = try fixture.aggregate(linear)
        let difference = StateDict(
            expected.trainedKeys.compactMap { key in
                guard let new = expected.state[key], let old = fixture.start.state[key] else { return nil }
                return (key, new.combined(with: old) { $0 - $1 })
            })
        let found = try linear.result(ofMeanDifference: difference, from: fixture.start)
        for (key, values) in found.state.numbers {
            for (one, other) in zip(values, expected.state[key]?.values ?? []) { #expect(abs(one - other) < 1e-6) }
        }
        #expect(throws: FederationError.self) {
            try linear.result(ofMeanDifference: StateDict(), from: fixture.start)
        }
    }

    @Test("No updates, two of one worker, a missing tensor and a wrong shape are errors", arguments: Aggregators.names)
    func refusals(_ name: String) throws {
        let aggregator = try Aggregators.named(name, Self.options)
        let fixture = try fixture(aggregator)
        func refused(_ change: (inout RoundFixture) -> Void) {
            var changed = fixture
            change(&changed)
            #expect(throws: FederationError.self) { try changed.aggregate(aggregator) }
        }
        refused { $0.updates = [] }
        refused { $0.updates[1].summary.worker = $0.updates[0].summary.worker }
        refused { $0.updates[2].state["head.bias"] = nil }
        refused { $0.updates[2].state["m.k.lora_B.weight"] = Tensor(zeros: [5, 9]) }
        refused { $0.updates[3].summary.weight = .nan }
        refused { $0.updates[3].summary.weight = 0 }
    }

    @Test("An unknown name is refused with the known ones")
    func unknownName() {
        let error = #expect(throws: FederationError.self) { try Aggregators.named("average") }
        #expect(error?.code == .invalidConfiguration && error?.message.contains("hetlora") == true)
    }

    @Test("Options out of range are refused")
    func options() {
        func refused(_ name: String, _ change: (inout AggregationOptions) -> Void) {
            var options = AggregationOptions()
            change(&options)
            #expect(throws: FederationError.self) { try Aggregators.named(name, options) }
        }
        refused("trimmed_mean") { $0.trimmedShare = 0.5 }
        refused("trimmed_mean") { $0.trimmedShare = .nan }
        refused("krum") { $0.faultyWorkers = -1 }
        refused("norm_bound") { $0.normBound = nil }
        refused("norm_bound") { $0.normBound = 0 }
    }
}
