import Crypto
import Foundation
import Privacy
import Synchronization
import Tensors
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

    /// Keeps every masked update back.
    private struct Refusal: RoundWitness {
        func willWork(_ work: OrderedWork, from state: StateDict) throws {}
        func willSend(_ result: OutgoingResult, of work: OrderedWork) throws {
            throw FederationError(.writeFailed, "nothing can be written down")
        }
    }

    @Test("keeps a worker of little data in a second run from the same state: it sends no change, and says what to do")
    func littleData() async throws {
        let policy = MaskingPolicy(key: .init(), threshold: 0.6)
        let first = try MaskedRun(name: "first", workers: 3, threshold: 1)
        let second = try MaskedRun(name: "second", workers: 3, rounds: 2, threshold: 1)
        var tiny: [ServedWorker] = []
        for run in [first, second] {
            run.served.start()
            let others = try (1...2).map { try run.worker("w\($0)", moves: 0.1) }
            tiny.append(try run.worker("tiny", moves: 0.1, examples: 9, policy: policy, isTiny: true))
            try await run.served.end()
            for worker in others + tiny.suffix(1) { #expect(try await worker.end().isOver) }
        }
        #expect(isNear(try first.moved(), 0.1))
        // In the first round it changes nothing and tells neither its rows nor its loss; in the second it takes part again.
        #expect(isNear(try second.moved(), 0.2 / 3 + 0.1))
        let losses = second.reports.all.withLock { $0.compactMap(\.loss) }
        #expect(abs(losses[0] - 2.0 / 3) < 0.01 && abs(losses[1] - 1) < 0.01, "\(losses)")
        #expect(second.reports.all.withLock { $0.map(\.contributions) } == [3, 3])
        #expect(tiny.map { $0.lines.count { $0.contains("this worker's data is so little") } } == [0, 1])
        #expect(!second.served.events.contains { if case .excluded = $0 { true } else { false } })
    }

    @Test("ends where a round is lost again and again, and nobody's silence alone explains it")
    func lostRun() async throws {
        let run = try MaskedRun(workers: 3)
        run.served.start()
        let workers = try (1...3).map { try run.worker("w\($0)", moves: 0.1, watchedBy: Refusal()) }
        let error = await #expect(throws: FederationError.self) { try await run.served.end() }
        #expect(error?.message.contains("lost 5 times in a row") == true, "\(error?.message ?? "")")
        for worker in workers { _ = try await worker.end() }
    }

    private func signingKeys(_ count: Int) -> (keys: [Curve25519.Signing.PrivateKey], names: Set<WorkerIdentity>) {
        let keys = (0..<count).map { _ in Curve25519.Signing.PrivateKey() }
        return (keys, Set(keys.map { WorkerIdentity($0.publicKey) }))
    }

    @Test("goes on without a worker whose signing key is on nobody's list, and tells both ends")
    func unlistedKey() async throws {
        let run = try MaskedRun(workers: 4, rounds: 3)
        run.served.start()
        let (keys, names) = signingKeys(3)
        let workers = try keys.enumerated().map { index, key in
            try run.worker(
                "w\(index)", moves: 0.1, policy: MaskingPolicy(key: key, trusted: names, threshold: 0.6))
        }
        let stranger = try run.worker("stranger", moves: 9)
        try await run.served.end()
        for worker in workers + [stranger] { #expect(try await worker.end().isOver) }
        #expect(isNear(try run.moved(), 0.3))
        #expect(run.reports.all.withLock { $0.map(\.contributions) } == [3, 3, 3])
        let distrusted = run.served.events.compactMap { event -> String? in
            if case .distrusted(let member, 0, let reason) = event { "\(member.name): \(reason)" } else { nil }
        }
        #expect(distrusted.count == 1 && distrusted[0].hasPrefix("stranger: 3 of the other workers do not accept"))
        #expect(stranger.lines.count { $0.contains("it has to be on their lists (--peers") } == 3, "\(stranger.lines)")
        #expect(workers.allSatisfy { !$0.lines.contains { $0.contains("leaves the round") } })
        for event in run.served.events {
            switch event {
            case .leftOut, .excluded, .roundLost: Issue.record("\(event)")
            default: break
            }
        }
    }

    @Test("waits where too few workers accept one another, says whom, and goes on once another joins")
    func tooFewAccepted() async throws {
        let run = try MaskedRun(workers: 3)
        run.served.start()
        let (keys, names) = signingKeys(3)
        let listed = try keys.dropLast().enumerated().map { index, key in
            try run.worker(
                "w\(index)", moves: 0.1, policy: MaskingPolicy(key: key, trusted: names, threshold: 0.6))
        }
        let stranger = try run.worker("stranger", moves: 9)
        func stalls() -> [Shortage] {
            run.served.events.compactMap { if case .stalled(let shortage) = $0 { shortage } else { nil } }
        }
        for _ in 0..<6_000 where stalls().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        let shortage = try #require(stalls().first)
        #expect(shortage.need == .workers(there: 2, needed: 3) && shortage.missing.map(\.name) == ["stranger"])
        #expect(shortage.missing.first?.reason?.contains("do not accept its signing key") == true)
        let third = try run.worker(
            "w2", moves: 0.1, policy: MaskingPolicy(key: keys[2], trusted: names, threshold: 0.6))
        try await run.served.end()
        for worker in listed + [third, stranger] { #expect(try await worker.end().isOver) }
        #expect(isNear(try run.moved(), 0.1))
    }

    @Test("does not take a worker's word for its list: a worker leaves that the coordinator keeps a stranger in for")
    func ownCheck() async throws {
        // A list too long to be told counts as accepting everyone, so the coordinator does not leave the stranger out.
        let run = try MaskedRun(workers: 4)
        run.served.start()
        let (keys, names) = signingKeys(1)
        var padded = names
        while padded.count <= TrustedKeys.most {
            padded.insert(try WorkerIdentity(bytes: withUnsafeBytes(of: padded.count) { Data($0) } + Data(count: 24)))
        }
        let policy = MaskingPolicy(key: keys[0], trusted: padded, threshold: 0.6, peerShare: 0)
        let careful = try run.worker("careful", moves: 9, policy: policy)
        let others = try (1...3).map { try run.worker("w\($0)", moves: 0.1) }
        try await run.served.end()
        for worker in others + [careful] { #expect(try await worker.end().isOver) }
        #expect(careful.lines.contains { $0.contains("workers trusted here") }, "\(careful.lines)")
        #expect(isNear(try run.moved(), 0.1))
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
