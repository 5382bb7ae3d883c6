import Foundation

/// Accounts by privacy loss distributions (Koskela, Jälkö, Honkela 2020, arXiv 1906.03049).
///
/// Losses are discretised pessimistically, so ε is never below the exact one. A mass that lies between two multiples of
/// the interval h raises ln E e^{λL} by at most λ(λ+1)h²/8, and by λ(λ+1)h²/12 on average; so after T releases ε is
/// too large by about T (λ+1) h²/12, with λ the tilt at which the tail is δ. The interval follows from that and an
/// error of 3e-5 of ε, whatever T and σ are: a first one from the Rényi accountant's ε and order, the next from what the
/// one before gave.
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
        let tail = delta * 1e-8 / releases
        let narrowest = parts.map { part in
            let range = part.mechanism.losses(tail: tail)
            return (range.upperBound - range.lowerBound) / Double(Self.limit)
        }
        let floor = narrowest.max() ?? 0
        var interval = max(floor, Self.interval(epsilon: bound.epsilon, order: bound.order, releases: releases))
        var best = bound.epsilon
        while true {
            let found = composed(delta: delta, interval: interval, tail: tail)
            best = min(best, found.epsilon)
            let next = max(floor, Self.interval(epsilon: best, order: found.order, releases: releases))
            guard best > 0, next < 0.8 * found.interval, found.interval == interval else { return best }
            interval = next
        }
    }

    /// The releases of all parts.
    private var releases: Double { Double(parts.reduce(0) { $0 + $1.count }) }

    /// The interval at which ε is too large by `accuracy` of itself, or of 1e-3 where it is smaller.
    private static func interval(epsilon: Double, order: Double, releases: Double) -> Double {
        let wanted = (12 * accuracy * max(epsilon, 1e-3) / (releases * order)).squareRoot()
        return min(0.05, wanted)
    }

    /// ε by intervals that are widened until the sum fits, and the order 1 + λ it was found at.
    private func composed(
        delta: Double, interval: Double, tail: Double
    ) -> (epsilon: Double, order: Double, interval: Double) {
        var interval = interval
        while true {
            let pairs = parts.map { ($0.mechanism.lossMasses(interval: interval, tail: tail), $0.count) }
            let removed = LossComposition(parts: pairs.map { ($0.0.remove, $0.1) }, interval: interval)
                .epsilon(delta: delta, limit: Self.limit)
            let added = LossComposition(parts: pairs.map { ($0.0.add, $0.1) }, interval: interval)
                .epsilon(delta: delta, limit: Self.limit)
            if let remove = removed.epsilon, let add = added.epsilon {
                return (max(remove, add), 1 + (remove > add ? removed : added).tilt, interval)
            }
            interval *= 1.1 * Double(max(removed.needed, added.needed)) / Double(Self.limit)
        }
    }
}
