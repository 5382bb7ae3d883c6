import Tensors
import Testing

@testable import Federation

@Suite("Products of factors after aggregation")
struct ProductExactnessTests {
    @Test(
        "Methods that claim the exact mean of the products have it",
        arguments: ["ffa_lora", "rolora", "flora", "fedex_lora"], RoundFixture.Style.allCases)
    func exact(_ name: String, _ style: RoundFixture.Style) throws {
        for round in 0..<2 {
            let fixture = try RoundFixture(ranks: [3, 3, 3, 3], style: style, round: round)
            let aggregator = try Aggregators.named(name)
            let error = try fixture.error(try fixture.aggregate(aggregator), fixture.updates(for: aggregator))
            #expect(error < roundingError)
        }
    }

    @Test("The plain mean is not exact: far off for unrelated factors, near for trained ones")
    func meanIsNotExact() throws {
        let errors = try RoundFixture.Style.allCases.map { style in
            let fixture = try RoundFixture(ranks: [3, 3, 3, 3], style: style)
            return try fixture.error(try fixture.aggregate(try Aggregators.named("mean")), fixture.updates)
        }
        #expect(errors[0] > 0.3)
        #expect(errors[1] > roundingError && errors[1] < 0.01)
    }

    @Test("FLoRA is exact for ranks that differ, with either scale", arguments: [false, true])
    func floraMixedRanks(_ isRankStabilized: Bool) throws {
        let fixture = try RoundFixture(ranks: [1, 4, 2], isRankStabilized: isRankStabilized)
        let result = try fixture.aggregate(try Aggregators.named("flora"))
        #expect(try fixture.error(result, fixture.updates) < roundingError)
        #expect(result.baseDelta?.modules.map(\.rank) == [7, 7])
    }

    @Test("FLoRA begins with new factors of product zero, which depend on seed and round")
    func floraRestarts() throws {
        func factors(seed: UInt64, round: Int) throws -> StateDict {
            var options = AggregationOptions()
            options.seed = seed
            let fixture = try RoundFixture(ranks: [2, 2], round: round)
            return try fixture.aggregate(try Aggregators.named("flora", options)).state
        }
        let state = try factors(seed: 1, round: 0)
        #expect(state["m.q.lora_B.weight"]?.values.allSatisfy { $0 == 0 } == true)
        let a = try #require(state["m.q.lora_A.weight"]?.values)
        #expect(a.allSatisfy { abs($0) <= 0.378 } && Set(a).count == a.count)
        #expect(try factors(seed: 1, round: 0).numbers == state.numbers)
        #expect(try factors(seed: 2, round: 0)["m.q.lora_A.weight"]?.values != a)
        #expect(try factors(seed: 1, round: 1)["m.q.lora_A.weight"]?.values != a)
    }

    @Test("The residual of FedEx-LoRA has the rank of one worker less, and none for a single worker")
    func fedexRank() throws {
        let aggregator = try Aggregators.named("fedex_lora")
        let result = try RoundFixture(ranks: [2, 2, 2]).aggregate(aggregator)
        #expect(result.baseDelta?.modules.map(\.rank) == [4, 4])
        #expect(try RoundFixture(ranks: [2]).aggregate(aggregator).baseDelta == nil)
        let mean = try RoundFixture(ranks: [2, 2, 2]).aggregate(try Aggregators.named("mean"))
        #expect(result.state.numbers == mean.state.numbers)
    }

    @Test(
        "FlexLoRA loses exactly the tail of the singular values, at every rank it is cut to",
        arguments: RoundFixture.Style.allCases, [false, true])
    func flexLoRAIsBest(_ style: RoundFixture.Style, _ isRankStabilized: Bool) throws {
        let fixture = try RoundFixture(ranks: [3, 1, 2, 3], style: style, isRankStabilized: isRankStabilized)
        let result = try fixture.aggregate(try Aggregators.named("flexlora"))
        for pair in fixture.start.layout.pairs {
            let target = try fixture.target(pair, fixture.updates)
            let values = JacobiSingularValues.of(target)
            for rank in 1...3 {
                let cut = try fixture.start.layout.cut(result.state, toRank: rank)
                let error = try fixture.product(cut, pair).distance(to: target)
                let tail = values.dropFirst(rank).reduce(0) { $0 + $1 * $1 }.squareRoot()
                #expect(abs(error - tail) < roundingError * values[0])
            }
        }
    }

    @Test("FlexLoRA is exact where the rank suffices, and leaves idle rows of A that can learn")
    func flexLoRAIdleRows() throws {
        let fixture = try RoundFixture(ranks: [1, 1], globalRank: 4)
        let result = try fixture.aggregate(try Aggregators.named("flexlora"))
        #expect(try fixture.error(result, fixture.updates) < roundingError)
        let (a, start) = (result.state["m.q.lora_A.weight"], fixture.start.state["m.q.lora_A.weight"])
        #expect(a?.rows(2..<4).values == start?.rows(2..<4).values)
    }

    @Test("FlexLoRA of factors that are zero keeps A and leaves B zero")
    func flexLoRAZero() throws {
        var fixture = try RoundFixture(ranks: [2, 2])
        for index in 0..<2 {
            for (module, outputs, _) in RoundFixture.sizes {
                fixture.updates[index].state["\(module).lora_B.weight"] = Tensor(zeros: [outputs, 2])
            }
        }
        let state = try fixture.aggregate(try Aggregators.named("flexlora")).state
        #expect(state["m.k.lora_A.weight"]?.values == fixture.start.state["m.k.lora_A.weight"]?.values)
        #expect(state["m.k.lora_B.weight"]?.values.allSatisfy { $0 == 0 } == true)
    }

    @Test("HetLoRA is the mean of padded factors, weighted by the norms of their products")
    func hetLoRA() throws {
        let fixture = try RoundFixture(ranks: [1, 3, 2])
        let result = try fixture.aggregate(try Aggregators.named("hetlora"))
        for pair in fixture.start.layout.pairs {
            let weights = try fixture.updates.map {
                $0.summary.weight * (try fixture.product($0.state, pair)).squaredNorm.squareRoot()
            }
            let total = weights.reduce(0, +)
            for (key, rows, columns) in [(pair.aKey, 3, pair.inputs), (pair.bKey, pair.outputs, 3)] {
                let found = DenseMatrix(try RoundFixture.require(result.state[key]))
                for i in 0..<rows {
                    for j in 0..<columns {
                        let expected = zip(fixture.updates, weights).reduce(0.0) { sum, entry in
                            guard let tensor = entry.0.state[key], i < tensor.rows, j < tensor.columns else {
                                return sum
                            }
                            let rank = key == pair.aKey ? tensor.rows : tensor.columns
                            let scale = key == pair.bKey ? pair.scale(rank: rank) / pair.scale : 1
                            return sum + entry.1 / total * scale * DenseMatrix(tensor)[i, j]
                        }
                        #expect(abs(found[i, j] - expected) < 1e-6)
                    }
                }
            }
        }
    }
}

/// Singular values by one-sided Jacobi rotations, which share nothing with LAPACK's method.
enum JacobiSingularValues {
    static func of(_ matrix: DenseMatrix) -> [Double] {
        var m = matrix.rows >= matrix.columns ? matrix : matrix.transposed
        for _ in 0..<40 {
            for p in 0..<m.columns {
                for q in p + 1..<max(m.columns, p + 1) { rotate(&m, p, q) }
            }
        }
        let norms = (0..<m.columns).map { j in (0..<m.rows).reduce(0) { $0 + m[$1, j] * m[$1, j] }.squareRoot() }
        return norms.sorted(by: >)
    }

    private static func rotate(_ m: inout DenseMatrix, _ p: Int, _ q: Int) {
        var (a, b, c) = (0.0, 0.0, 0.0)
        for i in 0..<m.rows { (a, b, c) = (a + m[i, p] * m[i, p], b + m[i, q] * m[i, q], c + m[i, p] * m[i, q]) }
        guard abs(c) > 1e-300 else { return }
        let zeta = (b - a) / (2 * c)
        let t = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
        let cosine = 1 / (1 + t * t).squareRoot()
        for i in 0..<m.rows {
            let (x, y) = (m[i, p], m[i, q])
            (m[i, p], m[i, q]) = (cosine * (x - t * y), cosine * (t * x + y))
        }
    }
}
