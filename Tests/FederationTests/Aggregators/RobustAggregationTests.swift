import Tensors
import Testing

@testable import Federation

@Suite("Aggregation with workers that lie")
struct RobustAggregationTests {
    /// What a bad worker sends.
    enum Attack: CaseIterable {
        case noise, hundredfold, reversed, allTheSame
    }

    private func attacked(_ attack: Attack, honest: Int = 5, bad: Int = 2) throws -> RoundFixture {
        var fixture = try RoundFixture(ranks: Array(repeating: 3, count: honest + bad), style: .trained)
        var random = SplitMix64(seed: 9)
        for index in honest..<honest + bad {
            fixture.updates[index].summary = Update.Summary(worker: "a\(index)", weight: 1000)
            let state = fixture.updates[index].state
            fixture.updates[index].state = StateDict(
                state.entries.map { key, tensor in
                    (
                        key,
                        tensor.combined(with: tensor) { x, _ in
                            switch attack {
                            case .noise: 100 * random.nextNormal()
                            case .hundredfold: 100 * x
                            case .reversed: -x
                            case .allTheSame: 1
                            }
                        }
                    )
                })
        }
        return fixture
    }

    private func honestRange(_ fixture: RoundFixture, _ key: String, _ index: Int) -> ClosedRange<Float> {
        let values = fixture.updates.prefix(5).compactMap { $0.state[key]?.values[index] }
        return (values.min() ?? 0)...(values.max() ?? 0)
    }

    private func staysHonest(_ fixture: RoundFixture, _ result: AggregationResult) -> Bool {
        result.state.numbers.allSatisfy { key, values in
            values.indices.allSatisfy { honestRange(fixture, key, $0).contains(values[$0]) }
        }
    }

    @Test(
        "Two bad workers of seven do not move a coordinate out of the honest range",
        arguments: ["coordinate_median", "trimmed_mean", "krum", "multi_krum"], Attack.allCases)
    func badWorkers(_ name: String, _ attack: Attack) throws {
        var options = AggregationOptions()
        options.faultyWorkers = 2
        options.trimmedShare = 2.0 / 7
        let fixture = try attacked(attack)
        #expect(staysHonest(fixture, try fixture.aggregate(try Aggregators.named(name, options))))
        #expect(!staysHonest(fixture, try fixture.aggregate(try Aggregators.named("mean"))))
    }

    @Test("Krum is one of the updates and names the others; Multi-Krum the mean of those it kept")
    func krum() throws {
        var options = AggregationOptions()
        options.faultyWorkers = 2
        let fixture = try attacked(.noise)
        let one = try fixture.aggregate(try Aggregators.named("krum", options))
        #expect(one.leftOut.count == 6)
        let chosen = try #require(fixture.updates.first { !one.leftOut.contains($0.summary.worker) })
        #expect(one.state.numbers == chosen.state.numbers)
        let several = try fixture.aggregate(try Aggregators.named("multi_krum", options))
        #expect(several.leftOut.count == 4 && several.leftOut.prefix(2) == ["a5", "a6"])
        let kept = fixture.updates.filter { !several.leftOut.contains($0.summary.worker) }
        let expected = kept.reduce(0.0) { $0 + Double($1.state["head.bias"]?.values[0] ?? 0) } / 3
        #expect(several.state["head.bias"]?.values[0] == Float(expected))
    }

    @Test("Krum's choice has the smallest sum of squared distances to its nearest")
    func krumScores() throws {
        let fixture = try RoundFixture(ranks: Array(repeating: 2, count: 6))
        let result = try fixture.aggregate(try Aggregators.named("krum"))
        let scores = fixture.updates.map { one in
            fixture.updates.filter { $0.summary.worker != one.summary.worker }.map { other in
                one.state.entries.reduce(0.0) { $0 + $1.tensor.squaredDistance(to: other.state[$1.name] ?? $1.tensor) }
            }.sorted().prefix(3).reduce(0, +)
        }
        let best = try #require(scores.indices.min { scores[$0] < scores[$1] })
        #expect(!result.leftOut.contains(fixture.updates[best].summary.worker))
    }

    @Test("Median and trimmed mean are those of sorted values, for every number of updates", arguments: 3...24)
    func orderStatistics(_ count: Int) throws {
        var fixture = try RoundFixture(ranks: Array(repeating: 1, count: count))
        for index in fixture.updates.indices.dropFirst(count / 2) {
            fixture.updates[index].state["head.bias"] = fixture.updates[0].state["head.bias"]  // equal values
        }
        for (name, trimmed) in [("coordinate_median", (count - 1) / 2), ("trimmed_mean", (count + 4) / 5)] {
            let result = try fixture.aggregate(try Aggregators.named(name))
            for (key, values) in result.state.numbers {
                for index in values.indices {
                    let column = fixture.updates.compactMap { $0.state[key]?.values[index] }.sorted()
                    let kept = column.dropFirst(trimmed).dropLast(trimmed)
                    #expect(values[index] == Float(kept.reduce(0.0) { $0 + Double($1) } / Double(kept.count)))
                }
            }
        }
    }

    @Test("Tensors longer than a block of the sorting network are sorted to their ends")
    func longTensors() throws {
        let count = 70_001
        let state = StateDict([("w", Tensor(zeros: [count]))])
        let start = try RoundStart(state: state, layout: FactorLayout([]), round: 0)
        func value(_ worker: Int, _ index: Int) -> Float { Float(8 * index + (index + 3 * worker) % 5) }
        let updates = (0..<5).map { worker in
            let values = Tensor((0..<count).map { value(worker, $0) }, shape: [count])
            return Update(worker: "w\(worker)", weight: 1, state: StateDict([("w", values)]))
        }
        let result = try Aggregators.named("coordinate_median").aggregate(ReceivedUpdates(updates), from: start)
        let median = (0..<count).map { Float(8 * $0 + 2) }
        #expect(result.state["w"]?.values == median)
    }

    @Test("Too few updates for the number of faults are refused")
    func tooFew() throws {
        let fixture = try RoundFixture(ranks: [2, 2, 2, 2])
        for name in ["krum", "multi_krum"] {
            let error = #expect(throws: FederationError.self) { try fixture.aggregate(try Aggregators.named(name)) }
            #expect(error?.message.contains("needs 5") == true)
        }
    }

    @Test("A norm bound clips what is longer and leaves the rest as it is")
    func normBound() throws {
        let start = try RoundStart(
            state: StateDict([("w", Tensor([1, 1], shape: [2])), ("v", Tensor([0], shape: [1]))]),
            layout: FactorLayout([]), round: 0)
        func update(_ worker: String, _ w: [Float], _ v: Float) -> Update {
            let state = StateDict([("w", Tensor(w, shape: [2])), ("v", Tensor([v], shape: [1]))])
            return Update(worker: worker, weight: 1, state: state)
        }
        var options = AggregationOptions()
        options.normBound = 1.5
        let long = update("long", [3, 3], 1)  // moves by (2, 2, 1), of length 3, clipped to its half
        let short = update("short", [1, 2], 0)
        let result = try Aggregators.named("norm_bound", options).aggregate(
            ReceivedUpdates([long, short]), from: start)
        #expect(result.state["w"]?.values == [1.5, 2] && result.state["v"]?.values == [0.25])
    }
}
