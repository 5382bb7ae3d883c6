import Foundation
import Testing

@testable import Privacy

@Suite("Privacy ledger")
struct LedgerTests {
    static func release(_ noise: Double = 1, count: Int = 1) throws -> PrivacyRelease {
        try PrivacyRelease(.gaussian(noiseMultiplier: noise), sampling: .poisson(rate: 0.1), count: count)
    }

    @Test("Releases recorded one by one are the same ledger as together")
    func merging() throws {
        var single = PrivacyLedger()
        for _ in 0..<5 { try single.record(Self.release()) }
        try single.record(Self.release(2))
        for _ in 0..<3 { try single.record(Self.release()) }
        var whole = PrivacyLedger()
        try whole.record(Self.release(count: 8))
        try whole.record(Self.release(2))
        #expect(single == whole)
        #expect(try single.json() == whole.json())
        #expect(try single.spent(delta: 1e-5) == whole.spent(delta: 1e-5))
    }

    @Test("A ledger reads back as it was written")
    func roundTrip() throws {
        var ledger = PrivacyLedger()
        try ledger.record(Self.release(1.1, count: 200))
        let noise = try DistributedNoise(
            kind: .skellam, clip: 1, localDeviation: 0.1, shares: 10, scale: 100, dimension: 64)
        try ledger.record(PrivacyRelease(.distributed(noise)))
        let read = try PrivacyLedger(json: ledger.json())
        #expect(read == ledger)
        #expect(try read.spent(delta: 1e-5).accountant == .rdp)
        var replaced = PrivacyLedger()
        try replaced.record(
            PrivacyRelease(
                .gaussian(noiseMultiplier: 1), sampling: .fixedSize(size: 3, population: 9), adjacency: .replaceOne))
        #expect(try PrivacyLedger(json: replaced.json()) == replaced)
    }

    @Test("A ledger that was changed into nonsense is refused")
    func malformed() throws {
        var ledger = PrivacyLedger()
        try ledger.record(Self.release(1.1))
        let text = String(decoding: try ledger.json(), as: UTF8.self)
        for (part, other) in [("1.1", "-1.1"), ("\"count\":1", "\"count\":0"), ("\"rate\":0.1", "\"rate\":1.1"), ("{", "")] {
            let changed = text.replacingOccurrences(of: part, with: other)
            #expect(changed != text)
            #expect(throws: PrivacyError.self) { try PrivacyLedger(json: Data(changed.utf8)) }
        }
    }

    @Test("A run stops before the budget would be passed")
    func budget() throws {
        let target = try PrivacyTarget(epsilon: 3, delta: 1e-5)
        let plan = PrivacyPlan(target: target, sampling: .poisson(rate: 0.1), accountant: .rdp)
        let rounds = try plan.rounds(noiseMultiplier: 1)
        var ledger = PrivacyLedger()
        for _ in 0..<rounds {
            #expect(try !ledger.wouldExceed(target, after: Self.release(), accountant: .rdp))
            try ledger.record(Self.release(), within: target, accountant: .rdp)
        }
        let before = ledger
        #expect(try ledger.wouldExceed(target, after: Self.release(), accountant: .rdp))
        let error = #expect(throws: PrivacyError.self) {
            try ledger.record(Self.release(), within: target, accountant: .rdp)
        }
        #expect(error?.code == .budgetExceeded)
        #expect(ledger == before)
        #expect(try ledger.spent(delta: 1e-5, accountant: .rdp).epsilon <= 3)
    }

    @Test("Adjacencies are never mixed")
    func adjacency() throws {
        let replaced = try PrivacyRelease(.gaussian(noiseMultiplier: 1), adjacency: .replaceOne)
        var ledger = PrivacyLedger()
        try ledger.record(Self.release())
        #expect(throws: PrivacyError.self) { try ledger.record(replaced) }
        #expect(throws: PrivacyError.self) {
            try PrivacyAccountant.rdp.spent(by: [Self.release(), replaced], delta: 1e-5)
        }
        #expect(throws: PrivacyError.self) {
            try PrivacyRelease(.gaussian(noiseMultiplier: 1), sampling: .poisson(rate: 0.1), adjacency: .replaceOne)
        }
        #expect(throws: PrivacyError.self) {
            try PrivacyRelease(.gaussian(noiseMultiplier: 1), sampling: .fixedSize(size: 1, population: 2))
        }
    }

    @Test("What an accountant does not know is refused with what to do")
    func unknown() throws {
        let release = try PrivacyRelease(
            .gaussian(noiseMultiplier: 1), sampling: .fixedSize(size: 1, population: 2), adjacency: .replaceOne)
        let error = #expect(throws: PrivacyError.self) {
            try PrivacyAccountant.pld.spent(by: [release], delta: 1e-5)
        }
        #expect(error?.message.contains("rdp accountant") == true)
    }

    @Test("Settings out of range are refused with their names")
    func ranges() throws {
        func message(_ make: () throws -> Void) -> String {
            do { try make() } catch { return "\(error)" }
            return ""
        }
        #expect(message { _ = try Self.release(0) } == "noise multiplier is 0.0: expected a finite number above 0")
        #expect(message { _ = try Self.release(.nan) }.hasPrefix("noise multiplier is nan"))
        #expect(message { _ = try Self.release(count: 0) }.hasPrefix("count of releases is 0: expected"))
        #expect(message { _ = try PrivacyTarget(epsilon: -1, delta: 0.1) }.hasPrefix("target epsilon is -1"))
        #expect(message { _ = try PrivacyTarget(epsilon: 1, delta: 1) }.hasPrefix("delta is 1"))
        #expect(message { _ = try PrivacyLedger().spent(delta: 0) }.hasPrefix("delta is 0"))
    }

    @Test("Nothing released costs nothing")
    func nothing() throws {
        #expect(try PrivacyLedger().spent(delta: 1e-5).epsilon == 0)
    }
}

@Suite("Planning")
struct PrivacyPlanTests {
    /// q 0.1, T 200, δ 1e-5.
    static func plan(_ epsilon: Double, _ accountant: PrivacyAccountant) throws -> PrivacyPlan {
        try PrivacyPlan(
            target: PrivacyTarget(epsilon: epsilon, delta: 1e-5), sampling: .poisson(rate: 0.1), accountant: accountant)
    }

    @Test("The noise for a budget is the reference's, on the safe side",
        arguments: [
            (8.0, PrivacyAccountant.rdp, 1.195847), (8, .pld, 1.129737), (1, .rdp, 5.888830), (1, .pld, 5.426900),
        ])
    func noise(epsilon: Double, accountant: PrivacyAccountant, expected: Double) throws {
        let plan = try Self.plan(epsilon, accountant)
        let noise = try plan.noiseMultiplier(rounds: 200)
        // The reference's Rényi accountant overestimates fractional orders, so its noise may be a little more.
        #expect(noise < expected * 1.0001 && noise > expected * (accountant == .rdp ? 0.998 : 0.9999), "\(noise)")
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
    }
}
