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
    /// The L2 norm that a worker's update is clipped to.
    public var clip: Double
    /// The noise's standard deviation in the sum, in clips.
    public var noiseMultiplier: Double
    /// δ.
    public var delta: Double
    /// The ε that the run stops before; nil where it only counts.
    public var targetEpsilon: Double?

    /// Creates settings.
    public init(
        mechanism: Mechanism, clip: Double, noiseMultiplier: Double, delta: Double, targetEpsilon: Double? = nil
    ) {
        self.mechanism = mechanism
        self.clip = clip
        self.noiseMultiplier = noiseMultiplier
        self.delta = delta
        self.targetEpsilon = targetEpsilon
    }
}
