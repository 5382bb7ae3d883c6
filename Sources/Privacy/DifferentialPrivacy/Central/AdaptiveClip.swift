public import Crypto
import Foundation

/// A clip that follows a quantile of the updates' norms (Andrew, Thakkar, McMahan, Ramaswamy 2021, arXiv 1905.03871).
///
///     C ← C e^{−η (b̃ − γ)}
///
/// with b̃ the noisy share of workers whose norm is within C. Each worker adds bᵢ − ½ to a sum of sensitivity ½, which
/// gets Gaussian noise of deviation σ_b. A round's two releases, update and count, cost what one with multiplier z
/// does when the update's is z_Δ = (z^−2 − (2σ_b)^−2)^−½: the ledger records z. All under add-or-remove-one.
public struct AdaptiveClip: Equatable, Sendable, Codable {
    /// C, the clip of the coming round.
    public private(set) var clip: Double
    /// γ, the share of updates that should stay whole.
    public let quantile: Double
    /// η.
    public let learningRate: Double
    /// σ_b, the standard deviation of the noise on the count.
    public let countDeviation: Double

    private static let clips = 1e-15...1e15

    private enum CodingKeys: String, CodingKey {
        case clip, quantile
        case learningRate = "learning_rate"
        case countDeviation = "count_deviation"
    }

    /// Starts at a clip. The paper's defaults are γ ½, η 0.2, and σ_b a twentieth of the workers of a round.
    ///
    /// - Throws: `PrivacyError` when a value is out of range.
    public init(
        initialClip: Double, quantile: Double = 0.5, learningRate: Double = 0.2, countDeviation: Double
    ) throws {
        try Requirement.number(initialClip, "initial clip", in: Self.clips)
        try Requirement.number(quantile, "quantile", in: 0.001...0.999)
        try Requirement.number(learningRate, "clip learning rate", in: 1e-6...10)
        try Requirement.number(countDeviation, "deviation of the count's noise", in: 1e-3...1e9)
        (clip, self.quantile) = (initialClip, quantile)
        (self.learningRate, self.countDeviation) = (learningRate, countDeviation)
    }

    /// Reads and checks.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            initialClip: values.decode(Double.self, forKey: .clip),
            quantile: values.decode(Double.self, forKey: .quantile),
            learningRate: values.decode(Double.self, forKey: .learningRate),
            countDeviation: values.decode(Double.self, forKey: .countDeviation))
    }

    /// The noisy share of workers whose norm was within the clip: ½ + (Σ(bᵢ − ½) + N(0, σ_b²)) / workers.
    ///
    /// - Parameters:
    ///   - norms: The norms of those who took part, before clipping.
    ///   - workers: How many are expected in a round: a fixed number, for the true one may not be known.
    ///   - randomness: 32 fresh bytes that decide the noise; never used twice.
    /// - Throws: `PrivacyError` when `workers` is below 1 or the count's noise cannot be drawn.
    public func noisyShare(
        of norms: [Double], workers: Int, randomness: SymmetricKey = SymmetricKey(size: .bits256)
    ) throws -> Double {
        try Requirement.count(workers, "expected workers")
        // In steps of a half, of which each worker adds one or takes one away.
        let sum = norms.reduce(Int64(0)) { $0 + ($1 <= clip ? 1 : -1) }
        let noise = try SumNoise(noiseMultiplier: 2 * countDeviation, sensitivity: 1)
        let noisy = try noise.noised([sum], step: 0.5, randomness: randomness)
        return 0.5 + Double(noisy[0]) / Double(workers)
    }

    /// Moves the clip by a noisy share, which is b̃; a share that is not a number leaves it.
    public mutating func update(noisyShare share: Double) {
        guard share.isFinite else { return }
        let change = -learningRate * (min(1, max(0, share)) - quantile)
        clip = min(Self.clips.upperBound, max(Self.clips.lowerBound, clip * exp(change)))
    }

    /// z_Δ: what the update's noise multiplier must be for the round to cost what one release with `total` does.
    ///
    /// - Throws: `PrivacyError` when the count's noise alone is too little for that.
    public func updateNoiseMultiplier(total: Double) throws -> Double {
        try Requirement.number(total, "noise multiplier", in: Requirement.noiseMultipliers)
        let left = 1 / (total * total) - 1 / (4 * countDeviation * countDeviation)
        guard left > 0 else {
            throw PrivacyError(
                .invalidConfiguration,
                "the count's noise deviation \(countDeviation) spends all of noise multiplier \(total): "
                    + "it must be above \(total / 2)")
        }
        return 1 / left.squareRoot()
    }

    /// The multiplier to record for a round whose update has `update`: z = (z_Δ^−2 + (2σ_b)^−2)^−½.
    public func totalNoiseMultiplier(update: Double) -> Double {
        1 / (1 / (update * update) + 1 / (4 * countDeviation * countDeviation)).squareRoot()
    }
}
