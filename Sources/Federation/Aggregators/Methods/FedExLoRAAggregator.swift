import Tensors

/// The means of A and B, and what their product lacks added to the frozen weights: FedEx-LoRA (arXiv:2410.09432).
///
/// The residual s(Σ wᵢBᵢAᵢ − B̄Ā) is taken in the form s Σ wᵢ(Bᵢ − B̄)(Aᵢ − Aₖ), which is the same for any k as
/// Σ wᵢ(Bᵢ − B̄) = 0: it loses nothing to cancellation, and the term i = k vanishes, so that its rank is at most
/// (workers − 1) · r. k is the update of the largest weight, the first by name of equal ones. Exact up to float32
/// rounding of the factors. Tensors that are no factors are averaged.
struct FedExLoRAAggregator: Aggregator {
    static let name = "fedex_lora"
    static let needsProducts = true
    static let acceptsMixedRanks = false
    static let allowsServerOptimizer = false
    static let changesBase = true

    init(_ options: AggregationOptions) {}

    func aggregate(_ updates: any UpdateReader, from start: RoundStart) throws -> AggregationResult {
        let updates = try RoundUpdates(updates, from: start, atLeast: minimumUpdates)
        let means = try updates.mean(of: start.sentKeys(.both))
        let pairs = start.layout.pairs
        guard updates.count > 1, !pairs.isEmpty else { return try AggregationResult(start, changing: means) }
        let state = StateDict(means)
        let residuals = try concurrentMap(pairs.count) { try Self.residual(pairs[$0], updates, state) }
        return try AggregationResult(start, changing: means, baseDelta: BaseDelta(residuals))
    }

    private static func residual(
        _ pair: FactorLayout.Pair, _ updates: RoundUpdates, _ means: StateDict
    ) throws -> BaseDelta.Factors {
        let factors = try updates.factors(pair)
        let heaviest = updates.weights.max() ?? 0
        let reference = updates.weights.firstIndex(of: heaviest) ?? 0
        let meanB = means[pair.bKey] ?? factors[reference].b
        let others = updates.summaries.indices.filter { $0 != reference }
        let left = others.map { factors[$0].b.combined(with: meanB) { $0 - $1 } }
        let right = others.map { index in
            let scale = updates.shares[index] * pair.scale
            return factors[index].a.combined(with: factors[reference].a) { scale * ($0 - $1) }
        }
        return BaseDelta.Factors(module: pair.module, left: .joined(columns: left), right: .joined(rows: right))
    }
}
