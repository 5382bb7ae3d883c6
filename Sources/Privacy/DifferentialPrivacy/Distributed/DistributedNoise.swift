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

    /// The deviations of a share, in grid steps, that can be drawn exactly and fast.
    static let gridDeviations = 0x1p-5...0x1p15

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
        try Requirement.number(clip, "clip", in: 1e-15...1e15)
        try Requirement.number(scale * clip, "the clip in grid steps (clip times scale)", in: 1e-3...1e12)
        try Requirement.number(
            localDeviation * scale, "a share's deviation in grid steps (deviation times scale)", in: Self.gridDeviations
        )
        try Requirement.count(shares, "shares", in: 1...65_535)
        try Requirement.count(dimension, "dimension", in: 1...1 << 30)
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

    /// The standard deviation of the noise in the sum, √n σ, when no more shares than promised are in it.
    public var centralDeviation: Double { Double(shares).squareRoot() * localDeviation }

    /// The L2 norm of one update after scaling and rounding, on the grid.
    public var gridNorm: Double { RoundedNorm.l2(clip * scale, beta: beta, dimension: dimension) }
}
