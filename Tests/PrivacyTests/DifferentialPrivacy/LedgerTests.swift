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
        for _ in 0..<5 { try single.append(Self.release()) }
        try single.append(Self.release(2))
        for _ in 0..<3 { try single.append(Self.release()) }
        var whole = PrivacyLedger()
        try whole.append(Self.release(count: 8))
        try whole.append(Self.release(2))
        #expect(single == whole)
        #expect(try single.json() == whole.json())
        #expect(try single.spent(delta: 1e-5) == whole.spent(delta: 1e-5))
    }

    @Test("A ledger reads back as it was written")
    func roundTrip() throws {
        var ledger = PrivacyLedger()
        try ledger.append(Self.release(1.1, count: 200))
        let noise = try DistributedNoise(
            kind: .skellam, clip: 1, localDeviation: 0.1, shares: 10, scale: 100, dimension: 64)
        try ledger.append(PrivacyRelease(.distributed(noise)))
        let read = try PrivacyLedger(json: ledger.json())
        #expect(read == ledger)
        #expect(try read.spent(delta: 1e-5).accountant == .rdp)
        var replaced = PrivacyLedger()
        try replaced.append(
            PrivacyRelease(
                .gaussian(noiseMultiplier: 1), sampling: .fixedSize(size: 3, population: 9), adjacency: .replaceOne))
        #expect(try PrivacyLedger(json: replaced.json()) == replaced)
    }

    @Test("A ledger that was changed into nonsense is refused")
    func malformed() throws {
        var ledger = PrivacyLedger()
        try ledger.append(Self.release(1.1))
        let text = String(decoding: try ledger.json(), as: UTF8.self)
        for (part, other) in [
            ("\"version\":1", "\"version\":2"), ("\"worker\"", "\"wörker\""), ("\"count\":1", "\"count\":1e99"),
            ("1.1", "-1.1"), ("\"count\":1", "\"count\":0"), ("\"rate\":0.1", "\"rate\":1.1"), ("{", ""),
        ] {
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
            #expect(try ledger.canAfford(Self.release(), within: target, accountant: .rdp))
            let spent = try ledger.append(Self.release(), within: target, accountant: .rdp)
            #expect(try spent == ledger.spent(delta: 1e-5, accountant: .rdp))
        }
        let before = ledger
        #expect(try !ledger.canAfford(Self.release(), within: target, accountant: .rdp))
        let error = #expect(throws: PrivacyError.self) {
            try ledger.append(Self.release(), within: target, accountant: .rdp)
        }
        #expect(error?.code == .budgetExceeded)
        #expect(ledger == before)
        #expect(try ledger.spent(delta: 1e-5, accountant: .rdp).epsilon <= 3)
    }

    @Test("Adjacencies are never mixed")
    func adjacency() throws {
        let replaced = try PrivacyRelease(.gaussian(noiseMultiplier: 1), adjacency: .replaceOne)
        var ledger = PrivacyLedger()
        try ledger.append(Self.release())
        #expect(throws: PrivacyError.self) { try ledger.append(replaced) }
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

    @Test("Releases that hide how many there are and releases that do not come to a guarantee that does not")
    func zeroOut() throws {
        let noise = PrivacyRelease.Mechanism.gaussian(noiseMultiplier: 1)
        let hidden = try PrivacyRelease(noise, sampling: .poisson(rate: 0.1), count: 3)
        let known = try PrivacyRelease(noise, sampling: .poisson(rate: 0.1), adjacency: .zeroOut, count: 2)
        var (ledger, alone) = (PrivacyLedger(unit: .person), PrivacyLedger(unit: .person))
        try ledger.append(hidden)
        #expect(try ledger.spent(delta: 1e-5).adjacency == .addOrRemoveOne)
        try ledger.append(known)
        try alone.append(hidden.repeated(5))
        let spent = try ledger.spent(delta: 1e-5)
        #expect(spent.adjacency == .zeroOut)
        #expect(try abs(spent.epsilon - alone.spent(delta: 1e-5).epsilon) < 1e-9)
        #expect(try PrivacyLedger(json: ledger.json()) == ledger)
        let words = try ledger.explanation(delta: 1e-5)
        #expect(words.contains("with nothing in that one's place, whatever"), "\(words)")
        #expect(words.contains("Not protected: how many people there are at this worker."), "\(words)")
        #expect(try !alone.explanation(delta: 1e-5).contains("Not protected"))
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
        #expect(
            message { _ = try Self.release(0) } == "noise multiplier is 0.0: expected a number from 0.01 to 1000000.0")
        #expect(message { _ = try Self.release(.nan) }.hasPrefix("noise multiplier is nan"))
        #expect(message { _ = try Self.release(count: 0) }.hasPrefix("count of releases is 0: expected"))
        #expect(message { _ = try PrivacyTarget(epsilon: -1, delta: 0.1) }.hasPrefix("target epsilon is -1"))
        #expect(message { _ = try PrivacyTarget(epsilon: 1, delta: 1) }.hasPrefix("delta is 1"))
        #expect(message { _ = try PrivacyLedger().spent(delta: 0) }.hasPrefix("delta is 0"))
    }

    @Test("Nothing released costs nothing")
    func nothing() throws {
        #expect(try PrivacyLedger().spent(delta: 1e-5).epsilon == 0)
        #expect(try PrivacyLedger().explanation(delta: 1e-5).hasSuffix("Nothing has been released."))
    }

    @Test("A round costs the same whether its sample turns out empty or not: all that were begun are counted")
    func emptyRounds() throws {
        let sampling = PrivacyRelease.Sampling.poisson(rate: 0.05)
        var ledger = PrivacyLedger()
        var empty = 0
        for round in 0..<100 {
            try ledger.append(PrivacyRelease(.gaussian(noiseMultiplier: 1), sampling: sampling))
            if try sampling.draw(from: 20, randomness: testKey("round \(round)")).isEmpty { empty += 1 }
        }
        // (1 − 0.05)^20 is 0.36.
        #expect(empty > 20 && empty < 55)
        #expect(ledger.releases.map(\.count) == [100])
    }

    @Test("A ledger never counts more releases than it can hold")
    func overflow() throws {
        var ledger = PrivacyLedger()
        try ledger.append(Self.release(count: Int(Int32.max)))
        let before = ledger
        #expect(throws: PrivacyError.self) { try ledger.append(Self.release()) }
        #expect(ledger == before)
    }

    @Test("A ledger says in words what its epsilon rests on")
    func explanation() throws {
        var ledger = PrivacyLedger()
        try ledger.append(Self.release(1.1, count: 200))
        let central = try ledger.explanation(delta: 1e-5)
        for part in [
            "Spent: epsilon 8.3", "at delta 1e-05", "privacy loss distributions", "any one worker and all of its data",
            "add-or-remove-one", "Released 200 times", "1.1 times its sensitivity", "with probability 0.1",
            "kept secret",
        ] { #expect(central.contains(part), "\(part) in \(central)") }
        #expect(!central.contains("honest"))
        let noise = try DistributedNoise(
            kind: .skellam, clip: 2, localDeviation: 1, shares: 9, scale: 100, dimension: 64)
        try ledger.append(PrivacyRelease(.distributed(noise)))
        let mixed = try ledger.explanation(delta: 1e-5)
        for part in [
            "Rényi", "a share of Skellam noise, so that the shares of any 9 honest workers", "1.5 times the clip of 2",
            "honest workers",
        ] {
            #expect(mixed.contains(part), "\(part) in \(mixed)")
        }
    }

    @Test("Thousands of rounds are one entry, and their cost is that of the count")
    func manyRounds() throws {
        var ledger = PrivacyLedger(unit: .example)
        for _ in 0..<5_000 { try ledger.append(Self.release(8)) }
        #expect(try ledger.json().count < 200)
        #expect(
            try ledger.spent(delta: 1e-5)
                == PrivacyAccountant.pld.spent(by: [Self.release(8, count: 5_000)], delta: 1e-5))
        #expect(try PrivacyLedger(json: ledger.json()).unit == .example)
    }
}
