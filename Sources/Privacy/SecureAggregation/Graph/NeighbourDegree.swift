import Foundation

/// How many neighbours a worker needs.
///
/// The conditions of Bell et al. (eprint 2020/704, section 3) with exact hypergeometric tails in place of their
/// bounds. Of n workers a fraction γ is corrupt and sends all it learns to the coordinator, a fraction δ drops out;
/// a worker has k neighbours and its secrets open with t of the k + 1 shares. With a probability below 2^−σ
/// - any honest worker has t corrupt neighbours: n·P[Hyp(n − 1, γn, k) ≥ t],
/// - the honest workers that stay fall apart, which takes k/2 corrupt or dropped ones in a row: n·(γ + δ)^(k/2),
///
/// and with one below 2^−η any worker's shares do not suffice: n·P[Hyp(n − 1, (1 − δ)n, k) < t].
public struct NeighbourDegree: Sendable {
    /// The largest fraction of corrupt workers, γ.
    public var corrupt: Double
    /// The largest fraction of workers that drop out, δ.
    public var dropped: Double
    /// Privacy fails with a probability of at most 2^−security, σ.
    public var security: Double
    /// The round fails for want of shares with a probability of at most 2^−correctness, η.
    public var correctness: Double

    /// The fractions and probabilities to plan for; each from 0 to 1, and positive exponents.
    public init(corrupt: Double = 0.1, dropped: Double = 0.1, security: Double = 40, correctness: Double = 20) {
        self.corrupt = corrupt
        self.dropped = dropped
        self.security = security
        self.correctness = correctness
    }

    /// The smallest even number of neighbours that meets all three conditions; nil where only the complete graph does.
    ///
    /// - Parameters:
    ///   - workers: The workers of a round, n.
    ///   - threshold: The fraction of a neighbourhood whose shares open a secret.
    public func smallest(workers: Int, threshold: Double) -> Int? {
        guard workers > NeighbourGraph.completeWorkers else { return nil }
        return stride(from: 2, to: min(workers - 1, ShamirSharing.mostShares), by: 2)
            .first { suffices($0, workers: workers, threshold: threshold) }
    }

    private func suffices(_ degree: Int, workers: Int, threshold: Double) -> Bool {
        let needed = Threshold(fraction: threshold).needed(of: degree + 1)
        let many = Double(workers)
        let corrupt = Hypergeometric(population: workers - 1, marked: Int(many * corrupt), draws: degree)
        let staying = Hypergeometric(
            population: workers - 1, marked: workers - 1 - Int((many * dropped).rounded(.up)), draws: degree)
        return log2(many)
            + (self.corrupt + dropped > 0 ? Double(degree) / 2 * log2(self.corrupt + dropped) : -.infinity)
            <= -security
            && log2(many * corrupt.probability(atLeast: needed)) <= -security
            && log2(many * (staying.probability(below: needed))) <= -correctness
    }
}

/// How many of `draws` out of `population` are among the `marked`.
struct Hypergeometric {
    let population: Int
    let marked: Int
    let draws: Int

    func probability(of count: Int) -> Double {
        guard count >= 0, count <= marked, draws - count >= 0, draws - count <= population - marked else { return 0 }
        return exp(
            Self.logChoose(marked, count) + Self.logChoose(population - marked, draws - count)
                - Self.logChoose(population, draws))
    }

    func probability(atLeast count: Int) -> Double {
        guard count <= draws else { return 0 }
        return (max(count, 0)...draws).reduce(0) { $0 + probability(of: $1) }
    }

    func probability(below count: Int) -> Double {
        (0..<max(0, min(count, draws + 1))).reduce(0) { $0 + probability(of: $1) }
    }

    private static func logChoose(_ all: Int, _ some: Int) -> Double {
        lgamma(Double(all) + 1) - lgamma(Double(some) + 1) - lgamma(Double(all - some) + 1)
    }
}
