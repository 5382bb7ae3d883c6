import Foundation

/// Accounts by privacy loss distributions (Koskela, Jälkö, Honkela 2020, arXiv 1906.03049).
///
/// Losses are discretised pessimistically, so ε is never below the exact one. A mass that lies between two multiples of
/// the interval h raises ln E e^{λL} by at most λ(λ+1)h²/8, and by λ(λ+1)h²/12 on average; so after T releases ε is
/// too large by about T α h²/12, with α = λ + 1 the order that the Rényi accountant finds. That gives a first interval.
/// As losses need not be spread so evenly, it is narrowed until ε falls by little; the excess goes with h².
public struct PLDAccountant: Sendable {
    private let parts: [(mechanism: SampledGaussian, count: Int)]
    private let curve: RenyiCurve

    /// A relative fall of ε after which the interval is narrow enough: a third of it may be left.
    private static let fall = 3e-4
    /// How much the interval is narrowed at a time.
    private static let narrowing = 2.0
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
    /// About 2e-4 relative above the exact value, at most, where the limits on memory allow, and never below it.
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
        let floor = max(narrowest.max() ?? 0, 1e-12)
        let first = (12 * Self.fall * bound.epsilon / (releases * bound.order)).squareRoot()
        var (interval, last, best) = (max(floor, min(0.05, first)), Double.infinity, bound.epsilon)
        while true {
            let found = composed(delta: delta, interval: interval, tail: tail)
            best = min(best, found.epsilon)
            let isNarrow = last - found.epsilon < Self.fall * best || best < 1e-6
            // An interval that had to be widened cannot be narrowed.
            if isNarrow || found.interval > interval || interval == floor { return best }
            (interval, last) = (max(floor, interval / Self.narrowing), found.epsilon)
        }
    }

    /// The number of releases of all parts.
    private var releases: Double { Double(parts.reduce(0) { $0 + $1.count }) }

    /// ε by intervals of this width, or a larger one where the sum does not fit.
    private func composed(delta: Double, interval: Double, tail: Double) -> (epsilon: Double, interval: Double) {
        var interval = interval
        while true {
            let pairs = parts.map { ($0.mechanism.lossMasses(interval: interval, tail: tail), $0.count) }
            let removed = LossComposition(parts: pairs.map { ($0.0.remove, $0.1) }, interval: interval)
                .epsilon(delta: delta, limit: Self.limit)
            let added = LossComposition(parts: pairs.map { ($0.0.add, $0.1) }, interval: interval)
                .epsilon(delta: delta, limit: Self.limit)
            if let remove = removed.epsilon, let add = added.epsilon { return (max(remove, add), interval) }
            interval *= 1.1 * Double(max(removed.needed, added.needed)) / Double(Self.limit)
        }
    }
}
