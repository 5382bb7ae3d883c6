/// Something that was, or is to be, published about people, as far as accounting must know.
public struct PrivacyRelease: Equatable, Sendable {
    /// How the noise is made.
    public enum Mechanism: Equatable, Sendable {
        /// Gaussian noise, central: σ over the sensitivity under the release's adjacency.
        case gaussian(noiseMultiplier: Double)
        /// Shares of noise that workers add before the sum.
        case distributed(DistributedNoise)
    }

    /// Who takes part.
    public enum Sampling: Equatable, Sendable, Codable {
        /// Everybody.
        case everybody
        /// Each by an independent coin of this probability; nobody learns who.
        case poisson(rate: Double)
        /// So many of a population, drawn without replacement.
        case fixedSize(size: Int, population: Int)

        private enum CodingKeys: String, CodingKey {
            case everybody, poisson
            case fixedSize = "fixed_size"
        }
    }

    /// How the noise is made.
    public let mechanism: Mechanism
    /// Who takes part.
    public let sampling: Sampling
    /// Which datasets the guarantee is about.
    public let adjacency: Adjacency
    /// How many times it is made.
    public let count: Int

    /// Describes `count` releases.
    ///
    /// - Throws: `PrivacyError` when a value is out of range, or the sampling is not one that is accounted under this
    ///   adjacency: Poisson sampling and distributed noise belong to add-or-remove-one and zero-out, samples of fixed size
    ///   to replace-one.
    public init(
        _ mechanism: Mechanism, sampling: Sampling = .everybody, adjacency: Adjacency = .addOrRemoveOne, count: Int = 1
    ) throws {
        try Requirement.count(count, "count of releases")
        if case .gaussian(let noise) = mechanism {
            try Requirement.number(noise, "noise multiplier", in: Requirement.noiseMultipliers)
        }
        try Self.check(sampling, adjacency)
        if case .distributed = mechanism, adjacency == .replaceOne {
            throw PrivacyError(
                .invalidConfiguration, "distributed noise is accounted under add-or-remove-one, not replace-one")
        }
        (self.mechanism, self.sampling, self.adjacency, self.count) = (mechanism, sampling, adjacency, count)
    }

    private static func check(_ sampling: Sampling, _ adjacency: Adjacency) throws {
        switch sampling {
        case .everybody: return
        case .poisson(let rate):
            try Requirement.rate(rate)
            guard adjacency != .replaceOne || rate == 1 else {
                throw PrivacyError(
                    .invalidConfiguration,
                    "Poisson sampling is accounted under add-or-remove-one, not \(adjacency.rawValue): "
                        + "give that adjacency, or a sample of fixed size")
            }
        case .fixedSize(let size, let population):
            try Requirement.count(size, "sample size", in: 1...Int(Int32.max))
            try Requirement.count(population, "population", in: size...Int(Int32.max))
            guard adjacency == .replaceOne else {
                throw PrivacyError(
                    .invalidConfiguration,
                    "a sample of fixed size is accounted under replace-one, not \(adjacency.rawValue): "
                        + "give that adjacency (and twice the sensitivity), or Poisson sampling")
            }
        }
    }

    /// The same release, made another number of times.
    ///
    /// - Throws: `PrivacyError` when the count is out of range.
    public func repeated(_ count: Int) throws -> Self {
        try Self(mechanism, sampling: sampling, adjacency: adjacency, count: count)
    }

    /// Whether two differ in their counts at most.
    func isAlike(_ other: Self) -> Bool {
        mechanism == other.mechanism && sampling == other.sampling && adjacency == other.adjacency
    }

    /// The Rényi curve of one of them.
    public var curve: RenyiCurve {
        switch (mechanism, sampling) {
        case (.gaussian(let noise), .fixedSize(let size, let population)):
            let sampled = FixedSizeSampling(rate: Double(size) / Double(population), noise: noise)
            return RenyiCurve { sampled.divergence(order: $0) }
        case (.gaussian(let noise), _):
            let sampled = SampledGaussian(rate: poissonRate, noise: noise)
            return RenyiCurve { sampled.divergence(order: $0) }
        case (.distributed(let noise), _):
            let divergence = noise.divergence()
            return RenyiCurve { order in
                guard order == order.rounded(), order <= 256 else { return .infinity }
                return PoissonAmplification.divergence(order: Int(order), rate: poissonRate, of: divergence)
            }
        }
    }

    /// The mechanism as a Poisson-sampled Gaussian, where it is one: what privacy loss distributions are known for.
    var sampledGaussian: SampledGaussian? {
        guard case .gaussian(let noise) = mechanism else { return nil }
        if case .fixedSize(let size, let population) = sampling, size < population { return nil }
        return SampledGaussian(rate: poissonRate, noise: noise)
    }

    private var poissonRate: Double {
        if case .poisson(let rate) = sampling { rate } else { 1 }
    }
}
