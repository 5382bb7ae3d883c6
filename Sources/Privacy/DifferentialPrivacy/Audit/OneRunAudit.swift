import Foundation

/// A lower bound on ε from guesses about one run of a mechanism (Steinke, Nasr, Jagielski 2023, arXiv:2305.08846).
///
/// Each of m canaries is put in by a fair coin of its own. From what the run gives away an auditor guesses some of the coins. If
/// the mechanism is (ε, δ)-DP for one canary more or less, v or more of r guesses are right with a probability of at most
///
///     f(v) + 2 m δ · max_{1 ≤ i ≤ v} (f(v − i) − f(v)) / i,    f(k) = P[Binomial(r, 1 / (1 + e^−ε)) ≥ k]
///
/// (theorem 5.2 there). An ε for which that is less than 1 − confidence is refuted. A bound above the ε that a mechanism claims
/// shows a fault; one below shows that this attack has found none.
public struct OneRunAudit: Equatable, Sendable {
    /// m: canaries, each put in by a fair coin.
    public let canaries: Int
    /// r: coins that were guessed.
    public let guesses: Int
    /// v: right guesses.
    public let correct: Int

    /// Counts of an audit.
    ///
    /// - Throws: `PrivacyError` unless 0 ≤ correct ≤ guesses ≤ canaries ≤ 1,000,000, and there is a canary.
    public init(canaries: Int, guesses: Int, correct: Int) throws {
        try Requirement.count(canaries, "canaries", in: 1...1_000_000)
        try Requirement.count(guesses, "guesses", in: 0...canaries)
        try Requirement.count(correct, "correct guesses", in: 0...guesses)
        (self.canaries, self.guesses, self.correct) = (canaries, guesses, correct)
    }

    /// The largest probability with which an (ε, δ)-DP mechanism lets so many guesses be right.
    public func probability(epsilon: Double, delta: Double) -> Double {
        guard correct > 0 else { return 1 }
        let masses = self.masses(epsilon: epsilon)
        let tail = masses[correct...].reversed().reduce(0, +)
        var (steepest, between) = (0.0, 0.0)
        for distance in 1...correct {
            between += masses[correct - distance]
            steepest = max(steepest, between / Double(distance))
        }
        return min(1, tail + 2 * Double(canaries) * delta * steepest)
    }

    /// P[Binomial(r, 1 / (1 + e^−ε)) = k] for every k from 0 to r.
    private func masses(epsilon: Double) -> [Double] {
        let right = -log1p(exp(-epsilon))
        let wrong = right - epsilon
        return LogSpace.binomials(guesses).prefix(guesses + 1).enumerated().map { k, choices in
            exp(choices + Double(k) * right + Double(guesses - k) * wrong)
        }
    }

    /// The largest ε that the guesses refute; 0 where they refute none.
    ///
    /// - Parameters:
    ///   - delta: the δ of the guarantee.
    ///   - confidence: the probability, above 0 and below 1, with which the bound holds.
    /// - Throws: `PrivacyError` for a number out of range.
    public func lowerBound(delta: Double, confidence: Double = 0.95) throws -> Double {
        try Requirement.number(delta, "delta", in: 0...0.999_999_999)
        try Requirement.number(confidence, "confidence", in: 0.5...0.999_999_999_999)
        func isRefuted(_ epsilon: Double) -> Bool { probability(epsilon: epsilon, delta: delta) < 1 - confidence }
        guard isRefuted(0) else { return 0 }
        var (low, high) = (0.0, 1.0)
        while isRefuted(high) {
            guard high < Self.largest else { return high }
            (low, high) = (high, 2 * high)
        }
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if isRefuted(middle) { low = middle } else { high = middle }
        }
        return low
    }

    /// No audit of a million canaries refutes more.
    private static let largest = 64.0

    // MARK: Guesses

    /// The best lower bound of several numbers of guesses, which are decided beforehand: of all canaries, and of the most
    /// conspicuous half, fifth, twentieth and hundredth. Each has a fifth of the error's probability.
    ///
    /// - Parameters:
    ///   - scores: how much each canary looks as if it had been put in; larger is more so.
    ///   - included: whether it was.
    /// - Throws: `PrivacyError` unless there are as many scores as coins, and a canary.
    public static func best(
        scores: [Double], included: [Bool], delta: Double, confidence: Double = 0.95
    ) throws -> (audit: OneRunAudit, lowerBound: Double) {
        guard scores.count == included.count, scores.allSatisfy({ !$0.isNaN }) else {
            throw PrivacyError(.invalidValue, "an audit needs a score for each of \(included.count) canaries")
        }
        let order = scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
        let shares = [1, 0.5, 0.2, 0.05, 0.01]
        let each = 1 - (1 - confidence) / Double(shares.count)
        var best: (audit: OneRunAudit, lowerBound: Double)?
        for share in shares {
            let half = Int((Double(scores.count) * share / 2).rounded(.down))
            let right = order.prefix(half).count { !included[$0] } + order.suffix(half).count { included[$0] }
            let audit = try OneRunAudit(canaries: scores.count, guesses: 2 * half, correct: right)
            let bound = try audit.lowerBound(delta: delta, confidence: each)
            if best.map({ bound > $0.lowerBound }) ?? true { best = (audit, bound) }
        }
        guard let best else { throw PrivacyError(.invalidValue, "an audit needs canaries") }
        return best
    }
}
