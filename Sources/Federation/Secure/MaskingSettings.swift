public import Foundation
public import Privacy

/// Secure aggregation, as a run file asks for it.
public struct MaskingSettings: Equatable, Sendable {
    /// The run's name, which is in all signatures.
    public var run: String
    /// The fraction of workers that must stay, above one half.
    public var threshold: Double
    /// Fewer workers make no sum.
    public var fewestWorkers: Int
    /// Workers that a round begins with at least; noise is made for those that `threshold` leaves of them.
    public var minimumWorkers: Int
    /// Workers of a sum that may be in league with the coordinator, and whose shares of noise do not count.
    public var colluders: Int
    /// The width of a ring element, 16…32: what a value takes on the wire.
    public var bits: Int
    /// What keeps a worker's values small.
    public var clip: FixedPoint.Clip
    /// `RunBasis.digest`: what the run's results rest on.
    public var basis = Data()

    /// Creates settings.
    public init(
        run: String, threshold: Double = 0.67, fewestWorkers: Int = 3, minimumWorkers: Int = 0, colluders: Int = 1,
        bits: Int = 32,
        clip: FixedPoint.Clip = .value(1)
    ) {
        self.run = run
        self.threshold = threshold
        self.fewestWorkers = fewestWorkers
        self.minimumWorkers = minimumWorkers
        self.colluders = colluders
        self.bits = bits
        self.clip = clip
    }

    /// The terms of an attempt at a round.
    ///
    /// - Parameters:
    ///   - attempt: random bytes, 16.
    ///   - layout: the update's.
    ///   - workers: those that are asked; there is room for as many again, in place of some that are lost.
    ///   - largestWeight: of one of them.
    /// - Throws: `FederationError.invalidConfiguration` where a sum might not fit.
    func terms(
        round: Int, attempt: Data, layout: UpdateLayout, workers: Int, largestWeight: Int, noise: NoiseSettings?
    ) throws -> MaskingTerms {
        let most = most(workers)
        var terms = MaskingTerms(
            run: run, round: round, attempt: attempt, bits: bits, largestWeight: largestWeight, clip: clip,
            fewestWorkers: fewestInSum(noise), mostWorkers: most, threshold: threshold,
            colluders: colluders, layout: layout.digest)
        do {
            if let noise, noise.mechanism != .central {
                terms.noise = .init(
                    noise: try self.noise(noise, values: layout.valueCount, workers: workers),
                    seed: attempt.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self) })
            }
            try terms.configuration(values: layout.valueCount, result: Data())
                .checkGraph(workers: max(workers, roundWorkers))
            return terms
        } catch let error as PrivacyError {
            throw FederationError(.invalidConfiguration, error.message)
        }
    }

    /// Workers that a round begins with at least.
    var roundWorkers: Int { max(fewestWorkers, minimumWorkers) }

    /// The most workers of a sum for which so many are asked.
    private func most(_ workers: Int) -> Int { 2 * max(workers, roundWorkers) }

    /// The fewest workers of a sum: where workers add noise, those that make it and the ones that may be in league with
    /// the coordinator, so that no sum is opened that has less noise.
    func fewestInSum(_ noise: NoiseSettings?) -> Int {
        guard case .distributed? = noise?.mechanism else { return fewestWorkers }
        return shares + colluders
    }

    /// The shares that make the noise: of as few workers as `threshold` leaves of `roundWorkers`, and no fewer than make a
    /// sum, less those that may be in league with the coordinator: they know their shares and can take them off.
    public var shares: Int {
        // 0.7 x 10 is a little above 7 in binary, and 7 of 10 are meant.
        let staying = Int((threshold * Double(roundWorkers) - 1e-9).rounded(.up))
        return max(1, max(fewestWorkers, staying) - colluders)
    }

    /// Shares of noise that suffice when as few workers are left as may be.
    ///
    /// - Parameters:
    ///   - values: the numbers of an update.
    ///   - workers: those that are asked.
    /// - Throws: `PrivacyError` where a ring element has too little room, or the noise is the coordinator's.
    public func noise(_ noise: NoiseSettings, values: Int, workers: Int) throws -> DistributedNoise {
        guard case .distributed(let kind) = noise.mechanism else {
            throw PrivacyError(.invalidConfiguration, "noise that the coordinator adds has no shares")
        }
        return try DistributedNoise(
            kind: kind, clip: noise.clip, noiseMultiplier: noise.noiseMultiplier,
            fewestSurvivors: shares, mostWorkers: most(workers), values: values, bits: bits)
    }
}
