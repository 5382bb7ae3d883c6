import Foundation

/// The exact trade of the Gaussian mechanism (Balle & Wang 2018, arXiv 1805.06530, theorem 8).
///
///     δ = Φ(1/2z − εz) − e^ε Φ(−1/2z − εz)        z = σ / sensitivity
public enum AnalyticGaussian {
    /// δ of one release at a noise multiplier z and ε ≥ 0.
    public static func delta(epsilon: Double, noiseMultiplier z: Double) -> Double {
        let upper = NormalDistribution.logCumulative(0.5 / z - epsilon * z)
        let lower = epsilon + NormalDistribution.logCumulative(-0.5 / z - epsilon * z)
        return lower < upper ? exp(upper) * -expm1(lower - upper) : 0
    }

    /// The least noise multiplier for (ε, δ), to 1e-14 relative, on the safe side.
    ///
    /// - Throws: `PrivacyError` when ε or δ is out of range.
    public static func noiseMultiplier(epsilon: Double, delta target: Double) throws -> Double {
        try Requirement.number(epsilon, "epsilon", in: 1e-6...1e6)
        try Requirement.delta(target)
        var (low, high) = (0.0, 1.0)
        while delta(epsilon: epsilon, noiseMultiplier: high) > target { (low, high) = (high, 2 * high) }
        while high - low > 1e-15 * high {
            let middle = low + (high - low) / 2
            guard middle > low, middle < high else { break }
            if delta(epsilon: epsilon, noiseMultiplier: middle) > target { low = middle } else { high = middle }
        }
        return high
    }
}
