import Foundation
import Testing

@testable import Privacy

@Suite("Planning")
struct PrivacyPlanTests {
    /// q 0.1, T 200, δ 1e-5.
    static func plan(_ epsilon: Double, _ accountant: PrivacyAccountant) throws -> PrivacyPlan {
        try PrivacyPlan(
            target: PrivacyTarget(epsilon: epsilon, delta: 1e-5), sampling: .poisson(rate: 0.1), accountant: accountant)
    }

    @Test(
        "The noise for a budget is the reference's, on the safe side",
        arguments: [
            (8.0, PrivacyAccountant.rdp, 1.195847), (8, .pld, 1.129737), (1, .rdp, 5.888830), (1, .pld, 5.426900),
        ])
    func noise(epsilon: Double, accountant: PrivacyAccountant, expected: Double) throws {
        let plan = try Self.plan(epsilon, accountant)
        let noise = try plan.noiseMultiplier(rounds: 200)
        // The reference's Rényi accountant overestimates fractional orders, so its noise may be a little more.
        #expect(noise < expected * 1.0002 && noise > expected * (accountant == .rdp ? 0.998 : 0.9999), "\(noise)")
        #expect(try plan.spent(noiseMultiplier: noise, rounds: 200).epsilon <= epsilon)
        #expect(try plan.spent(noiseMultiplier: noise * 0.9995, rounds: 200).epsilon > epsilon)
    }

    @Test("The rounds a budget lasts for are as many as it can pay", arguments: PrivacyAccountant.allCases)
    func rounds(accountant: PrivacyAccountant) throws {
        let plan = try Self.plan(2, accountant)
        let rounds = try plan.rounds(noiseMultiplier: 4)
        #expect(try plan.spent(noiseMultiplier: 4, rounds: rounds).epsilon <= 2)
        #expect(try plan.spent(noiseMultiplier: 4, rounds: rounds + 1).epsilon > 2)
        #expect(try plan.rounds(noiseMultiplier: 0.3) == 0)
        #expect(try plan.rounds(noiseMultiplier: 4, limit: 10) == 10)
    }

    @Test("Noise that workers add is planned for as well, and a ring too small for it is refused")
    func distributed() throws {
        let plan = try PrivacyPlan(
            target: PrivacyTarget(epsilon: 4, delta: 1e-5), sampling: .everybody, accountant: .rdp)
        func noise(_ multiplier: Double, bits: Int) throws -> DistributedNoise {
            try DistributedNoise(
                kind: .skellam, clip: 0.5, noiseMultiplier: multiplier, fewestSurvivors: 20, mostWorkers: 30,
                values: 50_000, bits: bits)
        }
        let multiplier = try plan.noiseMultiplier(rounds: 20) { .distributed(try noise($0, bits: 24)) }
        let found = try noise(multiplier, bits: 24)
        #expect(try plan.spent(on: .distributed(found), rounds: 20).epsilon <= 4)
        #expect(try plan.rounds(of: .distributed(found)) == 20)
        let central = try plan.noiseMultiplier(rounds: 20)
        #expect(multiplier > central && multiplier < central * 1.01, "\(multiplier) against \(central)")
        let error = #expect(throws: PrivacyError.self) {
            try plan.noiseMultiplier(rounds: 2_000_000) { .distributed(try noise($0, bits: 16)) }
        }
        #expect(error?.message.contains("more bits") == true)
    }

    @Test("A target that no noise can meet is refused with what to do")
    func impossible() throws {
        let plan = try PrivacyPlan(target: PrivacyTarget(epsilon: 1e-6, delta: 1e-9), sampling: .everybody)
        let error = #expect(throws: PrivacyError.self) { try plan.noiseMultiplier(rounds: 1_000_000) }
        #expect(error?.message.contains("allow a larger epsilon") == true)
    }
}
