import Crypto
import Foundation
import Privacy
import Synchronization
import TestSupport
import Testing
import Transports

@testable import Federation

@Suite("A run with secure aggregation", .ownThreads, .timeLimit(.minutes(10)))
struct SecureRoundTests {
    private func isNear(_ found: Float, _ expected: Float) -> Bool { abs(found - expected) < 1e-5 }

    @Test("moves by the weighted mean of what its workers found, and knows the mean loss")
    func mean() async throws {
        let run = try MaskedRun(workers: 4, rounds: 2)
        run.served.start()
        let workers = try (1...4).map { try run.worker("w\($0)", moves: Float($0) / 10, examples: $0 * 10) }
        try await run.served.end()
        for worker in workers { #expect(try await worker.end().isOver) }
        // (1·1 + 2·2 + 3·3 + 4·4) / 10 tenths, twice.
        let moved = try run.moved()
        #expect(isNear(moved, 0.6), "\(moved)")
        let reports = run.reports.all.withLock { $0 }
        #expect(reports.map(\.contributions) == [4, 4])
        #expect(reports.allSatisfy { abs(($0.loss ?? 0) - 3) < 1e-3 && $0.tokens == 0 && $0.values.isEmpty })
    }

    @Test(
        "goes on without a worker that is lost in any stage; what it had sent by then counts",
        arguments: [SecureAggregationServer.Stage.shares, .inputs, .consents, .reveals])
    func losses(_ stage: SecureAggregationServer.Stage) async throws {
        let run = try MaskedRun(workers: 5)
        run.served.start()
        let workers = try (1...5).map {
            try run.worker("w\($0)", moves: Float($0) / 10, leavesAt: $0 == 5 ? stage : nil)
        }
        try await run.served.end()
        for worker in workers.dropLast() { #expect(try await worker.end().isOver) }
        let expected: Float = stage > .inputs ? 0.3 : 0.25
        let moved = try run.moved()
        #expect(isNear(moved, expected), "\(moved)")
    }

    @Test(
        "begins a round anew where too few are left, by the threshold or by the fewest workers, and says why",
        arguments: [(3, 0.8), (4, 0.6)])
    func lostRound(fewest: Int, threshold: Double) async throws {
        let run = try MaskedRun(workers: 5, fewest: fewest, threshold: threshold)
        run.served.start()
        let workers = try (1...5).map {
            try run.worker("w\($0)", moves: Float($0) / 10, leavesAt: $0 > 3 ? .inputs : nil)
        }
        // The first attempt has five, the next one waits for as many to be there.
        for worker in workers.suffix(2) { await #expect(throws: TransportError.self) { try await worker.end() } }
        let more = try (4...5).map { try run.worker("more\($0)", moves: Float($0) / 10) }
        try await run.served.end()
        for worker in workers.prefix(3) + more { #expect(try await worker.end().isOver) }
        let lost = run.served.events.compactMap { if case .roundLost(0, let reason) = $0 { reason } else { nil } }
        #expect(lost.count == 1 && lost[0].contains("3 of 5 workers sent their masked vectors"), "\(lost)")
        let moved = try run.moved()
        #expect(isNear(moved, 0.3), "\(moved)")
    }

    @Test("gives a round up that is lost after shares were given, and goes on with the next one and other results")
    func spentRound() async throws {
        let run = try MaskedRun(workers: 3, rounds: 3, threshold: 0.67)
        run.served.start()
        let workers = try (1...3).map {
            try run.worker("w\($0)", moves: 0.1, leavesAt: $0 == 3 ? .reveals : nil, threshold: 0.67)
        }
        await #expect(throws: TransportError.self) { try await workers[2].end() }
        let standby = try run.worker("standby", moves: 0.1, threshold: 0.67)
        try await run.served.end()
        for worker in [workers[0], workers[1], standby] { #expect(try await worker.end().isOver) }
        let givenUp = run.served.events.compactMap { event -> String? in
            if case .roundGivenUp(0, let reason) = event { reason } else { nil }
        }
        #expect(givenUp.count == 1 && givenUp[0].contains("are needed to take its masks off"), "\(givenUp)")
        #expect(run.reports.all.withLock { $0.map(\.contributions) } == [0, 3, 3])
        // In the second round two of three have been in the first one's sum: they make another result.
        #expect(workers[0].lines.contains { $0.contains("with fresh randomness") }, "\(workers[0].lines)")
        #expect(isNear(try run.moved(), 0.2 / 3 + 0.1))
    }

    @Test("ends where a round is lost again and again")
    func lostRun() async throws {
        let run = try MaskedRun(workers: 3)
        run.served.start()
        let strangers: Set<WorkerIdentity> = [WorkerIdentity(Curve25519.Signing.PrivateKey().publicKey)]
        let workers = try (1...3).map { index in
            try run.worker(
                "w\(index)", moves: 0.1, policy: MaskingPolicy(key: .init(), trusted: strangers, threshold: 0.6))
        }
        let error = await #expect(throws: FederationError.self) { try await run.served.end() }
        #expect(error?.message.contains("lost 5 times in a row") == true, "\(error?.message ?? "")")
        for worker in workers {
            _ = try await worker.end()
            #expect(worker.lines.contains { $0.contains("not among the 1 workers trusted") }, "\(worker.lines)")
        }
    }

    @Test(
        "has no part for a worker that wants larger sums, or more workers to open them, and says so to both ends",
        arguments: [
            (5, 0.6, "would sum up 3 workers; this one wants 5"), (3, 0.67, "this one wants 0.67 at least: raise"),
        ])
    func policy(fewest: Int, threshold: Double, words: String) async throws {
        let run = try MaskedRun(workers: 4)
        run.served.start()
        let policy = MaskingPolicy(key: .init(), fewestWorkers: fewest, threshold: threshold)
        let careful = try run.worker("careful", moves: 9, policy: policy)
        let gate = Gate()
        let workers = try (1...3).map { try run.worker("w\($0)", moves: 0.1, before: { gate.wait() }) }
        let end = try await careful.end()
        #expect(!end.isOver)
        gate.open()
        try await run.served.end()
        for worker in workers { #expect(try await worker.end().isOver) }
        #expect(careful.lines.contains { $0.contains(words) }, "\(careful.lines)")
        #expect(isNear(try run.moved(), 0.1))
    }

    @Test("is the only one that a worker takes part in that sends nothing without")
    func required() async throws {
        let run = try ServedRun(ToyJob(rounds: 1, tasks: 1))
        run.start()
        let worker = try run.work(as: "careful", masking: MaskingPolicy(key: .init(), isRequired: true))
        #expect(try await worker.end().isOver == false)
        #expect(worker.lines.contains { $0.contains("no secure aggregation") })
        run.server.stop()
        try await run.end()
    }

    @Test("pairs with aggregations that need no more than a sum", arguments: ["flora", "krum", "trimmed_mean"])
    func linearity(_ name: String) throws {
        let error = #expect(throws: FederationError.self) { _ = try MaskedRun(workers: 3, aggregation: name) }
        #expect(error?.message.contains("use one of mean, ffa_lora, rolora") == true, "\(error?.message ?? "")")
    }
}
