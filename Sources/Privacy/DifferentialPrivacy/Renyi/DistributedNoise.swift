import Foundation

/// Noise that each worker adds a share of before the masked sum, on a grid of whole numbers.
///
/// The clipped update is rotated, scaled by 1/γ and rounded conditionally; the sensitivity grows as `RoundedNorm`
/// says. The distribution is that of `kind`; the shares of `shares` workers together make the noise.
///
/// The guarantee counts honest shares only: `shares` is how many workers surely add theirs, after every dropout and
/// without those that might collude.
public struct DistributedNoise: Equatable, Sendable, Codable {
    /// The distribution of a share.
    public enum Kind: String, Equatable, Sendable, Codable, CaseIterable {
        /// Discrete Gaussian (Kairouz, Liu, Steinke 2021, arXiv 2102.06387).
        case discreteGaussian = "discrete-gaussian"
        /// Skellam, a difference of two Poissons (Agarwal, Kairouz, Liu 2021, arXiv 2110.04995).
        case skellam
    }

    /// The distribution.
    public let kind: Kind
    /// The L2 norm updates are clipped to, c.
    public let clip: Double
    /// The standard deviation of one worker's share, in the units of `clip`.
    public let localDeviation: Double
    /// How many shares the sum surely holds, n.
    public let shares: Int
    /// 1/γ: grid steps in a unit.
    public let scale: Double
    /// The dimension, padded to a power of two, d.
    public let dimension: Int
    /// β of the conditional rounding.
    public let beta: Double

    private enum CodingKeys: String, CodingKey {
        case kind, clip, shares, scale, dimension, beta
        case localDeviation = "local_deviation"
    }

    /// Describes the noise.
    ///
    /// - Throws: `PrivacyError` when a value is out of range.
    public init(
        kind: Kind, clip: Double, localDeviation: Double, shares: Int, scale: Double, dimension: Int,
        beta: Double = RoundedNorm.defaultBeta
    ) throws {
        try Requirement.positive(clip, "clip")
        try Requirement.positive(localDeviation, "local deviation")
        try Requirement.count(shares, "shares", in: 1...1 << 24)
        try Requirement.positive(scale, "scale")
        try Requirement.count(dimension, "dimension", in: 1...1 << 40)
        guard beta >= 0, beta < 1 else {
            throw PrivacyError(.invalidConfiguration, "beta is \(beta): expected a number from 0 up to below 1")
        }
        (self.kind, self.clip, self.localDeviation, self.shares) = (kind, clip, localDeviation, shares)
        (self.scale, self.dimension, self.beta) = (scale, dimension, beta)
    }

    /// Reads and checks the noise.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            kind: values.decode(Kind.self, forKey: .kind), clip: values.decode(Double.self, forKey: .clip),
            localDeviation: values.decode(Double.self, forKey: .localDeviation),
            shares: values.decode(Int.self, forKey: .shares), scale: values.decode(Double.self, forKey: .scale),
            dimension: values.decode(Int.self, forKey: .dimension), beta: values.decode(Double.self, forKey: .beta))
    }

    /// The standard deviation of the noise in the sum, √n σ.
    public var centralDeviation: Double { Double(shares).squareRoot() * localDeviation }

    /// The L2 norm of one update after scaling and rounding, on the grid.
    public var gridNorm: Double { RoundedNorm.l2(clip * scale, beta: beta, dimension: dimension) }

    /// ρ(α) of one release in which everybody takes part, α a whole number above 1.
    public func divergence(order: Double) -> Double { divergence()(order) }

    /// ρ as a function, with what does not depend on α computed once.
    func divergence() -> (Double) -> Double {
        switch kind {
        case .discreteGaussian: discreteGaussianDivergence()
        case .skellam: skellamDivergence()
        }
    }

    /// ρ = min(½αΔ₂² + τd, ½α(Δ₂² + 2Δ₁τ + τ²d), ½α(Δ₂ + √d τ)²), with Δ = sensitivity / √n σ and
    /// τ = 10 Σ_{k<n} e^{−2π²(σ/γ)² k/(k+1)}, which is how far a sum of discrete Gaussians is from one.
    private func discreteGaussianDivergence() -> (Double) -> Double {
        let deviation = centralDeviation * scale
        let l2 = gridNorm / deviation
        let l1 = RoundedNorm.l1(gridNorm, dimension: dimension) / deviation
        let exponent = -2 * pow(Double.pi * localDeviation * scale, 2)
        let d = Double(dimension)
        let tau = sumGap(exponent)
        return { order in
            let pure = 0.5 * order * l2 * l2 + tau * d
            let mixed = 0.5 * order * (l2 * l2 + 2 * l1 * tau + tau * tau * d)
            return min(pure, mixed, 0.5 * order * pow(l2 + d.squareRoot() * tau, 2))
        }
    }

    private func sumGap(_ exponent: Double) -> Double {
        guard shares > 1, exponent > -1_400 else { return 0 }
        return 10 * (1..<shares).reduce(0) { $0 + exp(exponent * Double($1) / Double($1 + 1)) }
    }

    /// ρ = αΔ₂²/2μ + min(((2α−1)sΔ₂² + 6Δ₁)/(4s³μ²), 3Δ₁/(2sμ)), with μ the variance of the noise, s the scale.
    private func skellamDivergence() -> (Double) -> Double {
        let l2 = gridNorm / scale
        let l1 = RoundedNorm.l1(gridNorm, dimension: dimension) / scale
        let (s, mu) = (scale, centralDeviation * centralDeviation)
        return { order in
            let fine = ((2 * order - 1) * s * l2 * l2 + 6 * l1) / (4 * s * s * s * mu * mu)
            return order * l2 * l2 / (2 * mu) + min(fine, 3 * l1 / (2 * s * mu))
        }
    }
}
