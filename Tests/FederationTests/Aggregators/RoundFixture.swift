import Tensors

@testable import Federation

/// A small round: two modules of LoRA, a bias, and updates of several workers.
struct RoundFixture {
    /// Where the workers' factors come from.
    enum Style: CaseIterable {
        /// Factors that have nothing to do with each other.
        case unrelated
        /// Small steps from the start.
        case trained
    }

    static let sizes = [("m.q", 9, 7), ("m.k", 5, 11)]
    static let alpha = 6.0

    var start: RoundStart
    var updates: [Update] = []

    /// - Parameter ranks: each worker's; the layout's is the largest unless given.
    init(
        ranks: [Int], globalRank: Int? = nil, style: Style = .unrelated, round: Int = 0, isRankStabilized: Bool = false,
        seed: UInt64 = 1
    ) throws {
        var random = SplitMix64(seed: seed)
        let rank = globalRank ?? ranks.max() ?? 1
        let state = Self.state(rank: rank, &random)
        let layout = try FactorLayout(finding: state, isRankStabilized: isRankStabilized) { _ in Self.alpha }
        start = try RoundStart(state: state, layout: layout, round: round)
        for (index, rank) in ranks.enumerated() {
            let base = try layout.cut(state, toRank: rank)
            let fresh = Self.state(rank: rank, &random)
            let moved = StateDict(
                base.entries.map { key, tensor in
                    let other = fresh[key] ?? tensor
                    return (key, style == .unrelated ? other : tensor.combined(with: other) { $0 + 0.01 * $1 })
                })
            updates.append(Update(worker: "w\(index)", weight: Double(1 + index * 5 % 7), state: moved))
        }
    }

    private static func state(rank: Int, _ random: inout SplitMix64) -> StateDict {
        var state = StateDict()
        for (module, outputs, inputs) in sizes {
            state["\(module).lora_A.weight"] = tensor([rank, inputs], &random)
            state["\(module).lora_B.weight"] = tensor([outputs, rank], &random)
        }
        state["head.bias"] = tensor([4], &random)
        return state
    }

    private static func tensor(_ shape: [Int], _ random: inout SplitMix64) -> Tensor {
        Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.nextNormal()) }, shape: shape)
    }

    /// Everybody's update with only what a round of the aggregator trains.
    func updates(for aggregator: some Aggregator) -> [Update] {
        let keys = Set(start.sentKeys(aggregator.trainedFactors(inRound: start.round)))
        return updates.map { update in
            var update = update
            for key in update.state.names where !keys.contains(key) { update.state[key] = nil }
            return update
        }
    }

    /// The aggregator's result.
    func aggregate(_ aggregator: some Aggregator) throws -> AggregationResult {
        try aggregator.aggregate(ReceivedUpdates(updates(for: aggregator)), from: start)
    }

    /// s B A of a module in float64; factors that the state lacks are the start's.
    func product(_ state: StateDict, _ pair: FactorLayout.Pair) throws -> DenseMatrix {
        let a = try Self.require(state[pair.aKey] ?? start.state[pair.aKey])
        let b = try Self.require(state[pair.bKey] ?? start.state[pair.bKey])
        return Self.product(b, a, scale: pair.scale(rank: a.rows))
    }

    static func product(_ left: Tensor, _ right: Tensor, scale: Double) -> DenseMatrix {
        let (l, r) = (DenseMatrix(left), DenseMatrix(right))
        var result = DenseMatrix(zeros: l.rows, r.columns)
        for i in 0..<l.rows {
            for j in 0..<r.columns { result[i, j] = scale * (0..<l.columns).reduce(0) { $0 + l[i, $1] * r[$1, j] } }
        }
        return result
    }

    /// Σ wᵢ sᵢ BᵢAᵢ / Σ wᵢ, by its definition.
    func target(_ pair: FactorLayout.Pair, _ updates: [Update]) throws -> DenseMatrix {
        let total = updates.reduce(0) { $0 + $1.summary.weight }
        var sum = DenseMatrix(zeros: pair.outputs, pair.inputs)
        for update in updates { sum += (try product(update.state, pair), update.summary.weight / total) }
        return sum
    }

    /// What a result adds to a module's frozen weights: its factors' product, and its delta.
    func effect(_ result: AggregationResult, _ pair: FactorLayout.Pair) throws -> DenseMatrix {
        var sum = try product(result.state, pair)
        for factors in result.baseDelta?.modules ?? [] where factors.module == pair.module {
            sum += (Self.product(factors.left, factors.right, scale: 1), 1)
        }
        return sum
    }

    /// The largest relative distance over modules between what a result adds and the exact mean.
    func error(_ result: AggregationResult, _ updates: [Update]) throws -> Double {
        try start.layout.pairs.map { pair in
            let target = try target(pair, updates)
            return (try effect(result, pair).distance(to: target)) / target.squaredNorm.squareRoot()
        }.max() ?? 0
    }

    static func require(_ tensor: Tensor?) throws -> Tensor {
        guard let tensor else { throw FederationError(.notFound, "a tensor of the test") }
        return tensor
    }
}

extension DenseMatrix {
    static func += (sum: inout DenseMatrix, term: (DenseMatrix, Double)) {
        let elements = zip(sum.elements, term.0.elements).map { $0 + term.1 * $1 }
        sum = DenseMatrix(rows: sum.rows, columns: sum.columns, elements: elements)
    }

    func distance(to other: DenseMatrix) -> Double {
        zip(elements, other.elements).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
}

extension StateDict {
    /// Every number, by name.
    var numbers: [String: [Float]] { Dictionary(entries.map { ($0.name, $0.tensor.values) }) { $1 } }
}

/// The largest float64 relative error that rounding each factor of a product to float32 can explain.
let roundingError = 4e-7
