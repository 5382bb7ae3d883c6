import Tensors
import Testing

@testable import Federation

@Suite("Folding updates as they arrive")
struct UpdateFoldTests {
    private func folded(_ name: String, _ fixture: RoundFixture) throws -> AggregationResult {
        let aggregator = try #require(
            try Aggregators.named(name, AggregatorLawsTests.options) as? any FoldingAggregator)
        var fold = aggregator.fold(from: fixture.start)
        for update in fixture.updates(for: aggregator) { try fold.add(update) }
        return try fold.finish()
    }

    @Test("The fold is the batch form's result, bit for bit", arguments: ["mean", "ffa_lora", "rolora", "norm_bound"])
    func sameAsBatch(_ name: String) throws {
        let fixture = try RoundFixture(ranks: Array(repeating: 3, count: 7))
        let batch = try fixture.aggregate(try Aggregators.named(name, AggregatorLawsTests.options))
        let result = try folded(name, fixture)
        #expect(result.state.numbers == batch.state.numbers && result.trainedKeys == batch.trainedKeys)
    }

    @Test("The order of arrival does not show, although values cancel and differ by many orders of magnitude")
    func order() throws {
        var fixture = try RoundFixture(ranks: Array(repeating: 3, count: 9))
        let cancelling = fixture.updates[2].state
        for (index, factor) in [1e-12, 1, 1e17, -1e17, 3e4, 1e-3, -1, 7e-8, 0.1].enumerated() {
            let state = abs(factor) > 1e10 ? cancelling : fixture.updates[index].state
            fixture.updates[index].state = StateDict(state.entries.map { ($0.name, $0.tensor.scaled(by: factor)) })
            fixture.updates[index].summary.weight = 3
        }
        let expected = try folded("mean", fixture).state.numbers
        var random = SplitMix64(seed: 5)
        for _ in 0..<10 {
            fixture.updates.shuffle(using: &random)
            #expect(try folded("mean", fixture).state.numbers == expected)
        }
    }

    @Test("What cancels leaves what a float64 sum would lose")
    func cancellation() throws {
        let start = try RoundStart(
            state: StateDict([("w", Tensor([0], shape: [1]))]), layout: FactorLayout([]), round: 0)
        var fold = MeanAggregator(AggregationOptions()).fold(from: start)
        for (index, value) in [1e20, 1e-20, -1e20].enumerated() {
            let state = StateDict([("w", Tensor([Float(value)], shape: [1]))])
            try fold.add(Update(worker: "\(index)", weight: 3, state: state))
        }
        #expect(try fold.finish().state["w"]?.values == [Float(Double(Float(1e-20)) / 3)])
    }

    @Test("An update that does not fit changes nothing")
    func refusal() throws {
        let fixture = try RoundFixture(ranks: [2, 2])
        var fold = MeanAggregator(AggregationOptions()).fold(from: fixture.start)
        try fold.add(fixture.updates[0])
        var bad = fixture.updates[1]
        bad.state["head.bias"] = nil
        #expect(throws: FederationError.self) { try fold.add(bad) }
        #expect(fold.count == 1)
        #expect(try fold.finish().state.numbers == fixture.updates[0].state.numbers)
    }

    @Test("A fold without updates has no mean")
    func empty() throws {
        let fold = MeanAggregator(AggregationOptions()).fold(from: try RoundFixture(ranks: [2]).start)
        #expect(throws: FederationError.self) { try fold.finish() }
    }

    @Test("The mean is that of exact arithmetic, over blocks and to the ends")
    func accuracy() throws {
        let count = 70_003
        let start = try RoundStart(
            state: StateDict([("w", Tensor(zeros: [count]))]), layout: FactorLayout([]), round: 0)
        func value(_ worker: Int, _ index: Int) -> Int { (index * 13 + worker * 7) % 1009 }
        let updates = (0..<7).map { worker in
            let values = Tensor((0..<count).map { Float(value(worker, $0)) }, shape: [count])
            return Update(worker: "\(worker)", weight: Double(worker + 1), state: StateDict([("w", values)]))
        }
        let result = try MeanAggregator(AggregationOptions()).aggregate(ReceivedUpdates(updates), from: start)
        let expected = (0..<count).map { index -> Float in
            let sum = (0..<7).reduce(0) { $0 + ($1 + 1) * value($1, index) }
            return Float(Double(sum) / 28)
        }
        #expect(result.state["w"]?.values == expected)
    }
}
