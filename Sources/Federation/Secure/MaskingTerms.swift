public import Foundation
public import Privacy

/// What a coordinator and its workers hold equal in one attempt at a round under secure aggregation.
public struct MaskingTerms: Codable, Equatable, Sendable {
    /// The run's name.
    public var run: String
    /// The round, from 0.
    public var round: Int
    /// Random bytes of this attempt: nothing that was said in another one fits it.
    public var attempt: Data
    /// The width of a ring element, 16…32.
    public var bits: Int
    /// The largest weight of one worker.
    public var largestWeight: Int
    /// What keeps a worker's values small.
    public var clip: FixedPoint.Clip
    /// A sum of few says much of each: fewer than these make none.
    public var fewestWorkers: Int
    /// The most workers that a sum has room for.
    public var mostWorkers: Int
    /// The fraction of workers that must stay.
    public var threshold: Double
    /// Workers of a sum that may be in league with the coordinator, as the run file says.
    public var colluders: Int?
    /// The digest of the update's layout.
    public var layout: Data
    /// The noise that each worker adds a share of, and what decides the round's rotation; nil without.
    public var noise: NoiseTerms?

    /// Shares of noise.
    public struct NoiseTerms: Codable, Equatable, Sendable {
        /// Distribution, clip and grid.
        public var noise: DistributedNoise
        /// Decides the rotation.
        public var seed: UInt64
    }

    /// What a result gives away with its share of noise; `nil` without.
    ///
    /// - Throws: `PrivacyError` for numbers out of their ranges.
    var release: PrivacyRelease? {
        get throws {
            try noise.map { try PrivacyRelease(.distributed($0.noise), sampling: .everybody, adjacency: .zeroOut) }
        }
    }

    /// The fewest workers of a sum.
    var fewestInSum: Int { max(fewestWorkers, noise?.noise.shares ?? 0) }

    /// How a worker's numbers become ring elements.
    ///
    /// - Throws: `PrivacyError` where a sum might not fit.
    func encoding(values: Int) throws -> UpdateEncoding {
        guard let noise else {
            return .plain(
                try FixedPoint(bits: bits, workers: mostWorkers, largestWeight: largestWeight, clip: clip))
        }
        return .noisy(
            try DistributedEncoding(
                noise: noise.noise, values: values, seed: noise.seed, bits: bits, mostWorkers: mostWorkers))
    }

    /// The configuration of the exchange.
    ///
    /// - Parameters:
    ///   - values: numbers of an update, see `UpdateLayout.valueCount`.
    ///   - result: what the results are made from, `ResultBinding.digest`.
    /// - Throws: `PrivacyError` for numbers out of their ranges.
    public func configuration(values: Int, result: Data) throws -> SecureAggregationConfiguration {
        let binding = attempt + layout + result
        switch try encoding(values: values) {
        case .plain(let encoding):
            return try SecureAggregationConfiguration(
                run: run, round: UInt64(clamping: round), values: values, encoding: encoding,
                fewestWorkers: fewestWorkers, threshold: threshold, colluders: colluders ?? 0,
                binding: binding)
        case .noisy(let encoding):
            return try encoding.configuration(
                run: run, round: UInt64(clamping: round), fewestWorkers: fewestWorkers, threshold: threshold,
                colluders: colluders ?? 0, binding: binding)
        }
    }

    /// Whether the round's loss travels in the sum.
    var carriesLoss: Bool { clip.carriesLoss && noise == nil }
}

extension FixedPoint.Clip {
    /// Whether a loss may travel in the sum: it is not clipped to an update's norm, so only where each value has a bound of
    /// its own.
    var carriesLoss: Bool { if case .value = self { true } else { false } }
}

extension FixedPoint.Clip: Codable {
    private enum Keys: String, CodingKey { case value, norm }

    /// Reads `{"value": bound}` or `{"norm": bound}`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        if let bound = try values.decodeIfPresent(Double.self, forKey: .value) {
            self = .value(bound)
        } else {
            self = .norm(try values.decode(Double.self, forKey: .norm))
        }
    }

    /// Writes what `init(from:)` reads.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Keys.self)
        switch self {
        case .value(let bound): try values.encode(bound, forKey: .value)
        case .norm(let bound): try values.encode(bound, forKey: .norm)
        }
    }
}
