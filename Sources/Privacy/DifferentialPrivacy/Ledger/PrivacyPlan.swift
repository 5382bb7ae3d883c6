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

    /// ε after `rounds` releases.
    ///
    /// - Throws: `PrivacyError` when a value is out of range or the accountant does not know the mechanism.
    public func spent(on mechanism: PrivacyRelease.Mechanism, rounds: Int) throws -> PrivacySpent {
        let release = try PrivacyRelease(mechanism, sampling: sampling, adjacency: adjacency, count: rounds)
        return try accountant.spent(by: [release], delta: target.delta)
    }

    /// ε after `rounds` Gaussian releases.
    ///
    /// - Throws: `PrivacyError` when a value is out of range or the accountant does not know the mechanism.
    public func spent(noiseMultiplier: Double, rounds: Int) throws -> PrivacySpent {
        try spent(on: .gaussian(noiseMultiplier: noiseMultiplier), rounds: rounds)
    }

    /// The least noise multiplier with which `rounds` releases stay within the target, to 1e-6 relative, from above.
    ///
    /// - Parameter mechanism: What is released at a multiplier: a central Gaussian unless given. For noise that workers
    ///   add, give `{ .distributed(try DistributedNoise(…, noiseMultiplier: $0, …)) }` and the rdp accountant.
    /// - Throws: `PrivacyError` when a value is out of range, no multiplier from 0.01 to 1e6 is enough, or whatever
    ///   `mechanism` throws.
    public func noiseMultiplier(
        rounds: Int,
        mechanism: (Double) throws -> PrivacyRelease.Mechanism = { .gaussian(noiseMultiplier: $0) }
    ) throws -> Double {
        let rough = try noiseMultiplier(
            rounds: rounds, by: .rdp, from: roughGuess(rounds: rounds), tolerance: 1e-4, mechanism)
        return try noiseMultiplier(rounds: rounds, by: accountant, from: rough, tolerance: 1e-6, mechanism)
    }

    /// Roughly enough noise: the analytic Gaussian's, for the square root of the rounds times the rate.
    private func roughGuess(rounds: Int) throws -> Double {
        let single = try AnalyticGaussian.noiseMultiplier(epsilon: target.epsilon, delta: target.delta)
        var rate = 1.0
        if case .poisson(let share) = sampling { rate = share }
        if case .fixedSize(let size, let population) = sampling { rate = 2 * Double(size) / Double(population) }
        return min(1e5, max(0.4, single * Double(max(1, rounds)).squareRoot() * min(1, rate)))
    }

    private func noiseMultiplier(
        rounds: Int, by accountant: PrivacyAccountant, from guess: Double, tolerance: Double,
        _ mechanism: (Double) throws -> PrivacyRelease.Mechanism
    ) throws -> Double {
        var plan = self
        plan.accountant = accountant
        let found = try Bisection.smallest(
            in: Requirement.noiseMultipliers, from: guess, target: target.epsilon, tolerance: tolerance
        ) {
            do {
                return try plan.spent(on: mechanism($0), rounds: rounds).epsilon
            } catch let error as PrivacyError where error.code == .overflow {
                // Too much noise for a ring is enough for privacy; whether the least is too much shows below.
                return 0
            }
        }
        guard let found else {
            throw PrivacyError(
                .invalidConfiguration,
                "no noise multiplier up to 1e6 keeps \(rounds) rounds within epsilon \(target.epsilon) at delta "
                    + "\(target.delta): allow a larger epsilon or fewer rounds, "
                    + "or give noise that workers add more bits")
        }
        _ = try mechanism(found)
        return found
    }

    /// How many Gaussian releases of this noise the target lasts for; 0 where not one, `limit` where more.
    ///
    /// - Throws: `PrivacyError` when a value is out of range.
    public func rounds(noiseMultiplier: Double, limit: Int = 10_000_000) throws -> Int {
        try rounds(of: .gaussian(noiseMultiplier: noiseMultiplier), limit: limit)
    }

    /// How many releases of a mechanism the target lasts for; 0 where not one, `limit` where more.
    ///
    /// - Throws: `PrivacyError` when a value is out of range or the accountant does not know the mechanism.
    public func rounds(of mechanism: PrivacyRelease.Mechanism, limit: Int = 10_000_000) throws -> Int {
        try Requirement.count(limit, "limit of rounds")
        return try Bisection.largest(in: 1...limit) {
            try spent(on: mechanism, rounds: $0).epsilon <= target.epsilon
        } ?? 0
    }
}
