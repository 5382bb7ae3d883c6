import Foundation
public import Privacy

/// Secure aggregation, as a run file asks for it.
public struct MaskingSettings: Equatable, Sendable {
    /// The run's name, which is in all signatures.
    public var run: String
    /// The fraction of workers that must stay, above one half.
    public var threshold: Double
    /// Fewer workers make no sum.
    public var fewestWorkers: Int
    /// The width of a ring element, 16…32: what a value takes on the wire.
    public var bits: Int
    /// What keeps a worker's values small.
    public var clip: FixedPoint.Clip

    /// Creates settings.
    public init(
        run: String, threshold: Double = 0.67, fewestWorkers: Int = 3, bits: Int = 32, clip: FixedPoint.Clip = .value(1)
    ) {
        self.run = run
        self.threshold = threshold
        self.fewestWorkers = fewestWorkers
        self.bits = bits
        self.clip = clip
    }

    /// The terms of an attempt at a round.
    ///
    /// - Parameters:
    ///   - attempt: random bytes.
    ///   - layout: the update's.
    ///   - workers: those that are asked; there is room for as many again, in place of some that are lost.
    ///   - largestWeight: of one of them.
    /// - Throws: `FederationError.invalidConfiguration` where a sum might not fit.
    func terms(
        round: Int, attempt: Data, layout: UpdateLayout, workers: Int, largestWeight: Int
    ) throws -> MaskingTerms {
        let most = 2 * max(workers, fewestWorkers)
        let terms = MaskingTerms(
            run: run, round: round, attempt: attempt, bits: bits, largestWeight: largestWeight, clip: clip,
            fewestWorkers: fewestWorkers, mostWorkers: most, threshold: threshold,
            neighbours: NeighbourDegree().smallest(workers: most, threshold: threshold), layout: layout.digest)
        do {
            _ = try terms.configuration(values: layout.valueCount)
            return terms
        } catch let error as PrivacyError {
            throw FederationError(.invalidConfiguration, error.message)
        }
    }
}
