import Foundation
import Privacy
import Synchronization
import TestSupport
import Testing
import Transports

@testable import Federation

/// One dishonest worker among honest ones, over real sockets: the run goes on to its end.
@Suite("A run with secure aggregation and a worker that cheats", .ownThreads, .timeLimit(.minutes(10)))
struct MaskedCheatTests {
    enum Protection: CaseIterable {
        case masks, centralNoise, sharesOfNoise

        func book(_ notes: SharedLines) -> PrivacyBook? {
            let mechanism: NoiseSettings.Mechanism
            switch self {
            case .masks: return nil
            case .centralNoise: mechanism = .central
            case .sharesOfNoise: mechanism = .distributed(.skellam)
            }
            let settings = NoiseSettings(mechanism: mechanism, clip: 2, noiseMultiplier: 0.5, delta: 1e-5)
            return PrivacyBook(settings, ledger: PrivacyLedger()) { release in
                notes.lines.withLock { $0.append("\(release)") }
            }
        }

        func run(rounds: Int, _ notes: SharedLines) throws -> MaskedRun {
            try MaskedRun(
                workers: 4, rounds: rounds, threshold: 0.75, privacy: book(notes),
                clip: self == .centralNoise ? .norm(2) : .value(1))
        }
    }

    /// The workers that were left out, and why.
    private func barred(_ run: MaskedRun) -> [(id: WorkerID, reason: String)] {
        run.served.events.compactMap { event in
            if case .barred(let member, let reason) = event { (member.id, reason) } else { nil }
        }
    }

    private func expectNoOtherLeftOut(_ run: MaskedRun) {
        for event in run.served.events {
            if case .excluded(let member, _) = event { #expect(member.name == "cheat") }
        }
    }

    @Test(
        "begins the round anew without one whose shares do not open, before anything was opened, and tells it why",
        arguments: Protection.allCases)
    func garbage(_ protection: Protection) async throws {
        let notes = SharedLines()
        let run = try protection.run(rounds: 2, notes)
        run.served.start()
        let cheat = try MaskedCheat(run.served, .garbage)
        let cheating = BlockingCall { try cheat.takePart() }
        let isTold = Gate()
        let workers = try (1...3).map { index in
            let attempts = Mutex(0)
            return try run.worker("w\(index)", moves: Float(index) / 10) {
                // The second attempt lasts until the cheat has heard of it.
                let attempt = attempts.withLock { attempts -> Int in
                    attempts += 1
                    return attempts
                }
                if attempt > 1 { isTold.wait() }
            }
        }
        try await onThread { cheat.hasDealt.wait() }
        let fourth = try run.worker("w4", moves: 0.4)
        let reason = try await cheating.value()
        isTold.open()
        try await run.served.end()
        for worker in workers + [fourth] { #expect(try await worker.end().isOver) }
        #expect(reason.hasPrefix("this worker may not take part any more: the shares that worker"), "\(reason)")
        let barred = barred(run)
        #expect(barred.map(\.id) == [cheat.id], "\(barred)")
        #expect(barred.first?.reason.contains("could not be opened by more than 1") == true)
        expectNoOtherLeftOut(run)
        #expect(workers.allSatisfy { $0.lines.contains { $0.contains("goes on without them") } })
        #expect(run.reports.all.withLock { $0.map(\.contributions) } == [4, 4])
        #expect(run.served.events.count { if case .roundLost = $0 { true } else { false } } == 1)
        #expect(notes.lines.withLock { $0.count } == (protection == .masks ? 0 : 2), "only the rounds that were opened")
        if protection == .masks { #expect(abs(try run.moved() - 0.5) < 1e-5) }
    }

    @Test(
        "goes on without one that deals shares of something else and goes away; no result is in two sums",
        arguments: Protection.allCases)
    func wrongShares(_ protection: Protection) async throws {
        let notes = SharedLines()
        let run = try protection.run(rounds: 3, notes)
        run.served.start()
        let cheat = try MaskedCheat(run.served, .wrongShares)
        let cheating = BlockingCall { try cheat.takePart() }
        let workers = try (1...3).map { try run.worker("w\($0)", moves: Float($0) / 10) }
        try await onThread { cheat.hasDealt.wait() }
        let fourth = try run.worker("w4", moves: 0.4)
        try await run.served.end()
        for worker in workers + [fourth] { #expect(try await worker.end().isOver) }
        cheat.stop()
        _ = try? await cheating.value()
        let barred = barred(run)
        #expect(barred.map(\.id) == [cheat.id], "\(barred)")
        #expect(barred.first?.reason.contains("do not give the secret it committed to") == true)
        expectNoOtherLeftOut(run)
        // Results without noise of the workers' own are given once, so the first round comes to nothing.
        let isRepeated = protection == .sharesOfNoise
        #expect(run.reports.all.withLock { $0.map(\.contributions) } == [isRepeated ? 4 : 0, 4, 4])
        #expect(run.served.events.count { if case .roundGivenUp = $0 { true } else { false } } == (isRepeated ? 0 : 1))
        if isRepeated { #expect(notes.lines.withLock { $0.count } == 4, "three rounds, and the one that was repeated") }
        guard protection == .masks else { return }
        #expect(workers.allSatisfy { $0.lines.contains { $0.contains("with fresh randomness") } })
        // Three of the second round's results are other ones, half as long; then all are whole.
        #expect(abs(try run.moved() - ((0.05 + 0.1 + 0.15 + 0.4) / 4 + 0.25)) < 1e-5)
    }

    @Test("has one that cheats left out, for good, before the round that shows it is made durable")
    func order() async throws {
        let order = Mutex<[String]>([])
        let run = try MaskedRun(
            workers: 4, threshold: 0.75,
            happened: { event in if case .barred = event { order.withLock { $0.append("barred") } } },
            persist: { report in order.withLock { $0.append("round \(report.round + 1): \(report.contributions)") } })
        run.served.start()
        let cheat = try MaskedCheat(run.served, .wrongShares)
        let cheating = BlockingCall { try cheat.takePart() }
        let workers = try (1...3).map { try run.worker("w\($0)", moves: Float($0) / 10) }
        try await onThread { cheat.hasDealt.wait() }
        try await run.served.end()
        for worker in workers { #expect(try await worker.end().isOver) }
        cheat.stop()
        _ = try? await cheating.value()
        #expect(order.withLock { $0 } == ["barred", "round 1: 0"], "\(order.withLock { $0 })")
    }

    @Test("reads numbers that nobody can have sent as the nearest possible, says how many, and blames nobody")
    func outOfRange() async throws {
        let run = try MaskedRun(workers: 4, threshold: 0.75)
        run.served.start()
        let cheat = try MaskedCheat(run.served, .vector)
        let cheating = BlockingCall { try cheat.takePart() }
        let workers = try (1...3).map { try run.worker("w\($0)", moves: Float($0) / 10) }
        try await run.served.end()
        for worker in workers { #expect(try await worker.end().isOver) }
        _ = try await cheating.value()
        // All 2,048 numbers of the adapter, the loss and the weight: read as what four workers reach at most.
        let counts = run.served.events.compactMap { if case .outOfRange(0, let numbers) = $0 { numbers } else { nil } }
        #expect(counts == [2_050])
        let report = try #require(run.reports.all.withLock { $0.first })
        #expect(report.values == [RoundReport.outOfRange: 2_050] && report.contributions == 4)
        #expect(abs(try run.moved() - 1) < 1e-5)
        #expect(barred(run).isEmpty)
        expectNoOtherLeftOut(run)
    }
}
