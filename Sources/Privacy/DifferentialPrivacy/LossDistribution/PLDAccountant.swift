import Foundation

/// Accounts by privacy loss distributions (Koskela, Jälkö, Honkela 2020, arXiv 1906.03049).
///
/// Losses are discretised pessimistically, so ε is never below the exact one. A mass that lies between two multiples of
/// the interval h raises ln E e^{λL} by at most λ(λ+1)h²/8, and by λ(λ+1)h²/12 on average; so after T releases ε is
/// too large by about T α h²/12, with α the order the Rényi accountant finds. The interval follows from that and an
/// error of 3e-5 of ε, whatever T and σ are.
public struct PLDAccountant: Sendable {
    private let parts: [(mechanism: SampledGaussian, count: Int)]
    private let curve: RenyiCurve

    private static let accuracy = 3e-5
    /// Losses of a release, and of the sum, at most.
    private static let limit = 1 << 21

    /// An accountant of releases, of one adjacency.
    ///
    /// - Throws: `PrivacyError` for a release whose loss distribution is not known.
    public init(_ releases: [PrivacyRelease]) throws {
        parts = try releases.map { release in
            guard let mechanism = release.sampledGaussian else {
                throw PrivacyError(
                    .invalidConfiguration,
                    "the pld accountant knows Gaussian noise, Poisson-sampled or not: "
                        + "distributed noise and samples of fixed size need the rdp accountant")
            }
            return (mechanism, release.count)
        }
        curve = RDPAccountant(releases).curve
    }

    /// The least ε at which the releases together are (ε, δ) private, by either direction.
    ///
    /// About 1e-4 relative above the exact value where the limits on memory allow, and never below it.
    ///
    /// - Throws: `PrivacyError` when δ is not between 0 and 1.
    public func epsilon(delta: Double) throws -> Double {
        let bound = try curve.epsilon(delta: delta)
        guard bound.epsilon > 0 else { return 0 }
        let releases = Double(parts.reduce(0) { $0 + $1.count })
        var interval = 0.05
        if bound.epsilon.isFinite {
            interval = min(interval, (12 * Self.accuracy * bound.epsilon / (releases * bound.order)).squareRoot())
        }
        let tail = delta * 1e-8 / releases
        for part in parts {
            let range = part.mechanism.losses(tail: tail)
            interval = max(interval, (range.upperBound - range.lowerBound) / Double(Self.limit))
        }
        return min(bound.epsilon, epsilon(delta: delta, interval: interval, tail: tail))
    }

    /// Widens the interval until the sum fits.
    private func epsilon(delta: Double, interval: Double, tail: Double) -> Double {
        var interval = interval
        while true {
            let pairs = parts.map { ($0.mechanism.lossMasses(interval: interval, tail: tail), $0.count) }
            let removed = LossComposition(parts: pairs.map { ($0.0.remove, $0.1) }, interval: interval)
                .epsilon(delta: delta, limit: Self.limit)
            let added = LossComposition(parts: pairs.map { ($0.0.add, $0.1) }, interval: interval)
                .epsilon(delta: delta, limit: Self.limit)
            if let remove = removed.epsilon, let add = added.epsilon { return max(remove, add) }
            interval *= 1.1 * Double(max(removed.needed, added.needed)) / Double(Self.limit)
        }
    }
}
