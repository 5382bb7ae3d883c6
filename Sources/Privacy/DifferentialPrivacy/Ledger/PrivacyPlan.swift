import Foundation

/// Answers to planning questions: the noise for a budget, or the rounds a budget lasts.
public struct PrivacyPlan: Equatable, Sendable {
    /// The budget.
    public var target: PrivacyTarget
    /// Who takes part in a round.
    public var sampling: PrivacyRelease.Sampling
    /// Which datasets the guarantee is about.
    public var adjacency: Adjacency
    /// How ε is computed.
    public var accountant: PrivacyAccountant

    /// States the assumptions.
    public init(
        target: PrivacyTarget, sampling: PrivacyRelease.Sampling, adjacency: Adjacency = .addOrRemoveOne,
        accountant: PrivacyAccountant = .pld
    ) {
        (self.target, self.sampling, self.adjacency, self.accountant) = (target, sampling, adjacency, accountant)
    }

    /// ε after `rounds` Gaussian releases.
    ///
    /// - Throws: `PrivacyError` when a value is out of range or the accountant does not know the mechanism.
    public func spent(noiseMultiplier: Double, rounds: Int) throws -> PrivacySpent {
        let release = try PrivacyRelease(
            .gaussian(noiseMultiplier: noiseMultiplier), sampling: sampling, adjacency: adjacency, count: rounds)
        return try accountant.spent(by: [release], delta: target.delta)
    }

    /// The least noise multiplier with which `rounds` releases stay within the target, to 1e-7 relative, from above.
    ///
    /// - Throws: `PrivacyError` when a value is out of range, or no noise up to 1e6 is enough.
    public func noiseMultiplier(rounds: Int) throws -> Double {
        let guess = try noiseMultiplier(rounds: rounds, by: .rdp, from: roughGuess(rounds: rounds), tolerance: 1e-4)
        return try noiseMultiplier(rounds: rounds, by: accountant, from: guess, tolerance: 1e-7)
    }

    /// Roughly enough noise: the analytic Gaussian's, for the square root of the rounds times the rate.
    private func roughGuess(rounds: Int) throws -> Double {
        let single = try AnalyticGaussian.noiseMultiplier(epsilon: target.epsilon, delta: target.delta)
        var rate = 1.0
        if case .poisson(let share) = sampling { rate = share }
        if case .fixedSize(let size, let population) = sampling { rate = 2 * Double(size) / Double(population) }
        return max(0.4, single * Double(max(1, rounds)).squareRoot() * min(1, rate))
    }

    private func noiseMultiplier(
        rounds: Int, by accountant: PrivacyAccountant, from guess: Double, tolerance: Double
    ) throws -> Double {
        var plan = self
        plan.accountant = accountant
        let found = try Bisection.smallest(from: guess, to: 1e6, target: target.epsilon, tolerance: tolerance) {
            try plan.spent(noiseMultiplier: $0, rounds: rounds).epsilon
        }
        guard let found else {
            throw PrivacyError(
                .invalidConfiguration,
                "no noise multiplier up to 1e6 keeps \(rounds) rounds within epsilon \(target.epsilon) at delta "
                    + "\(target.delta): allow a larger epsilon or fewer rounds")
        }
        return found
    }

    /// How many releases of this noise the target lasts for; 0 where not one.
    ///
    /// - Throws: `PrivacyError` when a value is out of range.
    public func rounds(noiseMultiplier: Double, limit: Int = 10_000_000) throws -> Int {
        try Bisection.largest(in: 1...limit) {
            try spent(noiseMultiplier: noiseMultiplier, rounds: $0).epsilon <= target.epsilon
        } ?? 0
    }
}
