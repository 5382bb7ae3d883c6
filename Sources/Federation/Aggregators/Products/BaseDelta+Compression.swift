import Tensors

extension BaseDelta {
    /// A delta of lower rank, and what was lost on the way.
    public struct Compression: Sendable {
        /// The best approximation of the rank that was kept, by module.
        public let delta: BaseDelta
        /// The share of ‖ΔW‖_F² that was discarded, by module: 0 is nothing.
        public let discardedEnergy: [String: Double]
        /// The same share over all modules together.
        public let totalDiscardedEnergy: Double
    }

    /// The best approximation L′R′ of each module's product (Eckart and Young), by QR of L and Rᵀ and an SVD of the small
    /// product of their triangles.
    ///
    /// - Parameters:
    ///   - maxRank: the rank of no module exceeds it.
    ///   - tolerance: directions are dropped while ‖discarded‖_F ≤ tolerance · ‖ΔW‖_F.
    /// - Throws: `FederationError.invalidConfiguration` for impossible limits, `TensorError` where LAPACK is missing.
    public func compressed(maxRank: Int, tolerance: Double = 0) throws -> Compression {
        guard maxRank > 0, (0...1).contains(tolerance) else {
            throw FederationError(
                .invalidConfiguration, "a delta cannot be compressed to rank \(maxRank) within \(tolerance)")
        }
        let parts = try concurrentMap(modules.count) { [modules] in
            try CompressedFactors(modules[$0], maxRank: maxRank, tolerance: tolerance)
        }
        let (discarded, energy) = (parts.reduce(0) { $0 + $1.discarded }, parts.reduce(0) { $0 + $1.energy })
        let shares = parts.map { ($0.factors.module, $0.energy > 0 ? $0.discarded / $0.energy : 0) }
        return Compression(
            delta: BaseDelta(parts.map(\.factors)), discardedEnergy: Dictionary(shares) { $1 },
            totalDiscardedEnergy: energy > 0 ? discarded / energy : 0)
    }
}

/// One module's factors after compression.
private struct CompressedFactors: Sendable {
    var factors: BaseDelta.Factors
    var energy: Double
    var discarded: Double

    init(_ original: BaseDelta.Factors, maxRank: Int, tolerance: Double) throws {
        let svd = try SingularValueDecomposition.ofProduct(
            DenseMatrix(original.left), DenseMatrix(transposing: original.right), vectors: maxRank)
        let tails = Self.tailEnergies(svd.values)
        energy = tails[0]
        let small = tails.firstIndex { $0 <= tolerance * tolerance * tails[0] } ?? svd.values.count
        let rank = min(small, maxRank)
        discarded = tails[rank]
        let roots = svd.values.prefix(rank).map { $0.squareRoot() }
        factors = BaseDelta.Factors(
            module: original.module, left: svd.u.prefix(columns: rank).scalingColumns(by: roots).tensor,
            right: svd.v.prefix(columns: rank).scalingColumns(by: roots).transposedTensor)
    }

    /// Element j is Σ σᵢ² over i ≥ j, summed from the smallest; the last is 0.
    private static func tailEnergies(_ values: [Double]) -> [Double] {
        var tails = [0.0]
        for value in values.reversed() { tails.append((tails.last ?? 0) + value * value) }
        return tails.reversed()
    }
}
