import Privacy
import Training

/// What an audited run does: the part of a run file that its privacy rests on.
struct AuditSettings: Equatable, Sendable {
    /// Units that each are in the data by a fair coin, or count as nothing.
    var canaries = 1_000
    /// Rounds of a run in which workers are hidden, or steps of one in which people or examples are.
    var rounds = 1
    /// The longest that a contribution may be.
    var clip = 1.0
    /// Standard deviation of the noise in the sum, in clips, as the accountant is told.
    var noiseMultiplier = 1.0
    /// The multiplier of the noise that is really drawn. Only tests set another one, to see a fault found.
    var drawnMultiplier: Double?
    /// δ.
    var delta = 1e-5
    /// Units of a step of DP-SGD on average; all of them where it is `nil`.
    var unitsPerStep: Int?
    /// The number of units as the run file states it.
    var population: Int?
    /// Bits of a masked value.
    var bits = 32

    /// A contribution of three clips in a direction that no other canary has, or nothing.
    func canary(_ index: Int, isIncluded: Bool) -> [Float] {
        var values = [Float](repeating: 0, count: canaries)
        if isIncluded { values[index] = 3 * Float(clip) }
        return values
    }
}

extension AuditSettings {
    /// What the ledger notes of a run whose coordinator adds the noise.
    func centralRelease() throws -> PrivacyRelease {
        try PrivacyRelease(
            .gaussian(noiseMultiplier: noiseMultiplier), sampling: .everybody, adjacency: .zeroOut, count: rounds)
    }

    /// The sums of rounds under secure aggregation, added up over the rounds.
    ///
    /// - Parameters:
    ///   - encode: the ring elements of a worker.
    ///   - open: what a sum of all workers' elements is opened as.
    func maskedScores(encode: (Int) throws -> [UInt32], open: ([UInt32]) throws -> [Float]) throws -> [Double] {
        let ring = UInt32.max >> UInt32(32 - bits)
        var scores = [Double](repeating: 0, count: canaries)
        for _ in 0..<rounds {
            var sum = try encode(0)
            for worker in 1..<canaries {
                for (place, element) in try encode(worker).enumerated() { sum[place] = (sum[place] &+ element) & ring }
            }
            for (index, value) in try open(sum).enumerated() { scores[index] += Double(value) }
        }
        return scores
    }
}
