import Tensors

/// Stacks everybody's factors and adds their product to the frozen weights: FLoRA (arXiv:2409.05976).
///
/// Σ wᵢ sᵢ BᵢAᵢ = [B₁ B₂ …] · [w₁s₁A₁; w₂s₂A₂; …]: exact up to the rounding of the right factor to float32, for ranks that
/// differ too. The weights are normalised and folded into one of the two factors, once. The trainable factors begin
/// anew with a product of zero, so that their rank does not grow; the stacked rank is Σ rᵢ, which
/// `BaseDelta.compressed` brings down. Tensors that are no factors are averaged.
struct FLoRAAggregator: Aggregator {
    static let name = "flora"
    static let needsProducts = true
    static let acceptsMixedRanks = true
    static let allowsServerOptimizer = false
    static let changesBase = true

    private let seed: UInt64

    init(_ options: AggregationOptions) { seed = options.seed }

    func aggregate(_ updates: any UpdateReader, from start: RoundStart) throws -> AggregationResult {
        let updates = try RoundUpdates(updates, from: start, atLeast: minimumUpdates)
        let pairs = start.layout.pairs
        let stacked = try concurrentMap(pairs.count) { try Self.stack(pairs[$0], updates) }
        let fresh = pairs.flatMap { start.freshFactors($0, seed: seed) }
        return try AggregationResult(
            start, changing: fresh + updates.mean(of: start.otherKeys), baseDelta: BaseDelta(stacked))
    }

    private static func stack(_ pair: FactorLayout.Pair, _ updates: RoundUpdates) throws -> BaseDelta.Factors {
        let factors = try updates.factors(pair)
        let right = zip(factors, updates.shares).map { $0.a.scaled(by: $1 * pair.scale(rank: $0.rank)) }
        return BaseDelta.Factors(
            module: pair.module, left: .joined(columns: factors.map(\.b)), right: .joined(rows: right))
    }
}
