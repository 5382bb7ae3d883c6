public import Privacy

/// User-level differential privacy of a federated run, as a run file asks for it: one worker more or less, with all of its
/// data, can hardly be told from what the run gives away (DP-FedAvg, arXiv:1710.06963).
public struct NoiseSettings: Equatable, Sendable {
    /// Who adds the noise.
    public enum Mechanism: Equatable, Sendable {
        /// The coordinator, to the sum: it is trusted.
        case central
        /// Each worker adds a share before the sum under secure aggregation.
        case distributed(DistributedNoise.Kind)
    }

    /// Who adds the noise.
    public var mechanism: Mechanism
    /// The L2 norm that a worker's update is clipped to; the first one where it follows a quantile.
    public var clip: Double
    /// The share of updates that the clip should leave whole, by which it moves from round to round; nil for a fixed clip.
    /// For noise of the coordinator's.
    public var clipQuantile: Double?
    /// The noise's standard deviation in the sum, in clips.
    public var noiseMultiplier: Double
    /// δ.
    public var delta: Double
    /// The ε that the run stops before; nil where it only counts.
    public var targetEpsilon: Double?

    /// Creates settings.
    public init(
        mechanism: Mechanism, clip: Double, clipQuantile: Double? = nil, noiseMultiplier: Double, delta: Double,
        targetEpsilon: Double? = nil
    ) {
        self.mechanism = mechanism
        self.clip = clip
        self.clipQuantile = clipQuantile
        self.noiseMultiplier = noiseMultiplier
        self.delta = delta
        self.targetEpsilon = targetEpsilon
    }

    /// A clip that follows the quantile. Its count has noise of a twentieth of the workers, as in the paper, and never so
    /// little that the update's own would have to be more than a sixth larger for the two to cost what one does.
    ///
    /// - Parameter expected: workers of a round.
    /// - Throws: `PrivacyError` where a value is out of range.
    func adaptiveClip(from clip: Double?, expected: Int) throws -> AdaptiveClip? {
        try clipQuantile.map { quantile in
            try AdaptiveClip(
                initialClip: clip ?? self.clip, quantile: quantile,
                countDeviation: max(Double(expected) / 20, noiseMultiplier))
        }
    }
}
