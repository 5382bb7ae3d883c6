import Foundation
import Tensors

/// Factors of different ranks, padded with zeros to the layout's and averaged: HetLoRA (arXiv:2401.06432).
///
/// Each module's weights are wᵢ‖ΔWᵢ‖_F (with equal wᵢ, the paper's), so that workers whose module says little do not
/// dilute the others; where every ‖ΔWᵢ‖ is zero they are wᵢ. Each B is first brought to the layout's scale, sᵢ/s.
/// Not exact in the product. `FactorLayout.cut` gives workers of lower rank the first rows and columns.
/// Tensors that are no factors are averaged with wᵢ.
struct HetLoRAAggregator: Aggregator {
    static let name = "hetlora"
    static let acceptsMixedRanks = true
    static let allowsServerOptimizer = true

    init(_ options: AggregationOptions) throws { try Self.requireLAPACK() }

    func aggregate(_ updates: any UpdateReader, from start: RoundStart) throws -> AggregationResult {
        let updates = try RoundUpdates(updates, from: start, atLeast: minimumUpdates)
        let pairs = start.layout.pairs
        let factors = try concurrentMap(pairs.count) { try Self.mean(pairs[$0], updates) }
        return try AggregationResult(start, changing: factors.flatMap { $0 } + updates.mean(of: start.otherKeys))
    }

    private static func mean(_ pair: FactorLayout.Pair, _ updates: RoundUpdates) throws -> [(String, Tensor)] {
        let factors = try updates.factors(pair)
        let weighted = try zip(factors, updates.shares).map { factors, share in
            share * pair.scale(rank: factors.rank) * (try norm(ofProduct: factors))
        }
        let mean = WeightedMean(weighted.contains { $0 > 0 } ? weighted : updates.shares)
        let a = factors.map { $0.a.padded(rows: pair.rank) }
        let b = factors.map { $0.b.resized(columns: pair.rank, scaledBy: pair.scale(rank: $0.rank) / pair.scale) }
        return [(pair.aKey, mean.of(a)), (pair.bKey, mean.of(b))]
    }

    /// ‖B A‖_F = √tr(BᵀB · AAᵀ), from two matrices of the size of the rank.
    private static func norm(ofProduct factors: RoundUpdates.Factors) throws -> Double {
        let b = DenseMatrix(factors.b)
        let a = DenseMatrix(transposing: factors.a)
        let (inner, outer) = (
            try DenseMatrix.product(b, transposingFirst: true, b), try DenseMatrix.product(a, transposingFirst: true, a)
        )
        return sqrt(max(0, zip(inner.elements, outer.elements).reduce(0) { $0 + $1.0 * $1.1 }))
    }
}
