import Crypto
import Foundation
import Tensors
import Testing

@testable import Federation
@testable import Privacy

@Suite("A coordinator that repeats a round with one worker less")
struct RepeatedRoundTests {
    private let base = LyingCoordinator.state()

    private func policies(_ count: Int) -> [MaskingPolicy] {
        (0..<count).map { _ in MaskingPolicy(key: .init(), threshold: 0.6) }
    }

    private func terms(_ attempt: UInt8, round: Int = 0, run: String = "toy", noise: NoiseSettings? = nil) throws
        -> MaskingTerms
    {
        try MaskingSettings(run: run, threshold: 0.6, clip: noise == nil ? .value(1) : .norm(1)).terms(
            round: round, attempt: Data(repeating: attempt, count: 16),
            layout: UpdateLayout(base, carriesLoss: noise == nil), workers: 5, largestWeight: noise == nil ? 10 : 1,
            noise: noise)
    }

    /// The workers that take part in an attempt; the others' places are nil, with the reason why they do not.
    private func begin(_ terms: MaskingTerms, _ policies: [MaskingPolicy], base: StateDict? = nil) throws
        -> [(worker: MaskedResult?, refusal: String)]
    {
        let base = base ?? self.base
        let binding = ResultBinding(basis: Data(), state: base, work: Data())
        return policies.enumerated().map { index, policy in
            do {
                let moved = StateDict(
                    base.entries.map { name, tensor in
                        let step = Float(index + 1) / 16
                        return (name, Tensor(tensor.values.map { $0 + step }, shape: tensor.shape))
                    })
                let result = LocalResult(update: moved, metrics: .init(loss: 1, examples: 1))
                return (try MaskedResult(result, from: base, terms, policy, binding, lanes: 1), "")
            } catch {
                return (nil, "\(error)")
            }
        }
    }

    /// Plays an attempt to its end.
    ///
    /// - Parameter revealing: the workers that are asked for shares.
    private func play(_ terms: MaskingTerms, _ workers: [MaskedResult], revealing: [Int]) throws -> SecureSum {
        let binding = ResultBinding(basis: Data(), state: base, work: Data())
        let values = UpdateLayout(base, carriesLoss: terms.carriesLoss).valueCount
        var server = SecureAggregationServer(
            configuration: try terms.configuration(values: values, result: binding.digest), trusted: nil)
        var workers = workers
        let names = try workers.map { try SecureAggregationServer.sender(of: $0.advertisement) }
        for worker in workers { try server.receive(worker.advertisement) }
        try server.advance()
        for stage in [SecureAggregationServer.Stage.shares, .inputs, .consents, .reveals] {
            for index in workers.indices where stage != .reveals || revealing.contains(index) {
                guard let message = server.message(for: names[index]) else { continue }
                switch try workers[index].answer(message, lanes: 1) {
                case .message(let answer): try server.receive(answer)
                case .vector(let blob): try server.fold(encoded: blob.bytes())
                }
            }
            if stage != .reveals { try server.advance() }
        }
        return try server.finish()
    }

    @Test("gets no second sum: whoever gave shares has no part in it, and says why")
    func repetition() throws {
        let policies = policies(5)
        let first = try terms(1)
        let begun = try begin(first, policies).compactMap(\.worker)
        #expect(try play(first, begun, revealing: [0, 1, 2]).workers.count == 5)
        // The two that were not asked may take part; they are too few for a sum, whoever else the coordinator invents.
        let again = try begin(try terms(2), policies)
        #expect(again.map { $0.worker != nil } == [false, false, false, true, true])
        for refused in again.prefix(3) {
            #expect(refused.refusal.contains("has given shares for round 1 of run toy"), "\(refused.refusal)")
        }
        let few = again.compactMap(\.worker)
        #expect(throws: PrivacyError.self) { try play(try terms(2), few, revealing: [0, 1]) }
    }

    @Test("gets none under another round's number, or another run's name, from results that are the same")
    func renamed() throws {
        let policies = policies(5)
        let first = try terms(1)
        _ = try play(first, try begin(first, policies).compactMap(\.worker), revealing: [0, 1, 2, 3, 4])
        for lie in [try terms(2, round: 1), try terms(3, run: "another")] {
            let again = try begin(lie, policies)
            #expect(again.allSatisfy { $0.worker == nil && $0.refusal.contains("has the very result") })
        }
        // Another state is another round.
        #expect(
            try begin(try terms(4, round: 1), policies, base: LyingCoordinator.state(2)).allSatisfy { $0.worker != nil }
        )
        #expect(try begin(try terms(5), policies, base: LyingCoordinator.state(2)).allSatisfy { $0.worker == nil })
    }

    @Test("gets no second sum of a round with an update that changes nothing either, but one of each other round")
    func unchanged() throws {
        let policies = policies(3)
        let binding = ResultBinding(basis: Data(), state: base, work: Data())
        func begin(_ terms: MaskingTerms) throws -> [MaskedResult] {
            try policies.map {
                try MaskedResult(
                    LocalResult(update: base, metrics: .init(examples: 1)), from: base, terms, $0, binding, lanes: 1,
                    isUnchanged: true)
            }
        }
        let rounds = try [terms(1), terms(2, round: 1), terms(3, run: "another")]
        for terms in rounds { #expect(try play(terms, try begin(terms), revealing: [0, 1, 2]).workers.count == 3) }
        for terms in try [terms(4), terms(5, round: 1), terms(6, run: "another")] {
            let error = #expect(throws: FederationError.self) { try begin(terms) }
            #expect(error?.message.contains("has given shares for round") == true)
        }
    }

    @Test("may repeat what nobody gave shares for, and results with fresh noise, which the ledger counts each time")
    func harmless() throws {
        let policies = policies(5)
        for attempt in 1...3 {
            #expect(try begin(try terms(UInt8(attempt)), policies).allSatisfy { $0.worker != nil })
        }
        let noise = NoiseSettings(mechanism: .distributed(.skellam), clip: 1, noiseMultiplier: 2, delta: 1e-5)
        for attempt in 4...5 {
            let noisy = try terms(UInt8(attempt), noise: noise)
            _ = try play(noisy, try begin(noisy, policies).compactMap(\.worker), revealing: [0, 1, 2, 3, 4])
        }
    }

    @Test("is remembered across a restart of the worker: the note is on the disk before the first share")
    func durability() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/deeper/reveals.sqlite"
        let policies = try policies(3).map { policy in
            var policy = policy
            policy.record = try RevealRecord(path: "\(path)-\(WorkerIdentity(policy.key.publicKey))")
            return policy
        }
        let first = try terms(1)
        _ = try play(first, try begin(first, policies).compactMap(\.worker), revealing: [0, 1, 2])
        let restarted = try policies.map { policy in
            var policy = policy
            policy.record = try RevealRecord(path: "\(path)-\(WorkerIdentity(policy.key.publicKey))")
            return policy
        }
        #expect(restarted.allSatisfy { $0.record.hasRevealed(from: base.contentDigest) })
        #expect(try begin(try terms(2), restarted).allSatisfy { $0.worker == nil })
        let damaged = "\(folder.path)/damaged"
        try Data("not a database, but long enough to be taken for one".utf8).write(to: URL(filePath: damaged))
        let error = #expect(throws: FederationError.self) { try RevealRecord(path: damaged) }
        #expect(error?.code == .corruptState)
    }

    @Test("gets sixteen draws of one round's graph from a worker, restarts included, and no seventeenth")
    func draws() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/reveals.sqlite"
        let record = try RevealRecord(path: path)
        for _ in 0..<10 { try record.noteDraw(round: 2, of: "toy") }
        let restarted = try RevealRecord(path: path)
        for _ in 10..<NeighbourDegree.attempts { try restarted.noteDraw(round: 2, of: "toy") }
        for record in [restarted, try RevealRecord(path: path)] {
            let error = #expect(throws: FederationError.self) { try record.noteDraw(round: 2, of: "toy") }
            #expect(error?.code == .unsupported)
            let words = error?.message ?? ""
            #expect(words.contains("round 3 of run toy were drawn 16 times"), "\(words)")
            try record.noteDraw(round: 3, of: "toy")
            try record.noteDraw(round: 2, of: "other")
        }
    }

    @Test(
        "is none that was restarted: it goes on after the round that it had asked shares for, unless noise is fresh",
        arguments: [(nil, 0, 0), (0, 0, 1), (2, 1, 3), (2, 3, 3)] as [(Int?, Int, Int)])
    func restart(opened: Int?, state round: Int, expected: Int) throws {
        func job(hidesMetrics: Bool) throws -> AveragingJob {
            var settings = AveragingSettings(
                rounds: 5, participation: .sampled(share: 1, minimum: 3), minimumWorkers: 3, seed: 3, largestWeight: 10)
            settings.masking = MaskingSettings(run: "toy", threshold: 0.6)
            settings.openedRound = opened
            settings.disclosure = hidesMetrics ? .updatesOnly(examples: 1) : .everything
            let aggregator = try Aggregators.named("mean")
            return try AveragingJob(
                .init(round: round, trained: base), layout: FactorLayout(finding: base) { _ in 2 }, settings: settings,
                aggregator: aggregator, optimizer: ServerOptimizers.named("none", .init(), after: aggregator),
                work: { _ in WorkOrder(work: Data()) })
        }
        #expect(try job(hidesMetrics: false).round == expected)
        #expect(try job(hidesMetrics: true).round == round)
    }

    @Test("gives no share where it cannot be noted first")
    func unwritable() throws {
        struct Full: Error {}
        let configuration = try SecureAggregationConfiguration(
            run: "toy", round: 0, elements: 4, bits: 24, mostWorkers: 3, threshold: 0.6)
        var workers = try (0..<3).map { index in
            try SecureAggregationWorker(
                key: .init(), configuration: configuration, trusted: nil,
                willReveal: { _ in if index == 0 { throw Full() } })
        }
        var server = SecureAggregationServer(configuration: configuration, trusted: nil)
        for worker in workers { try server.receive(worker.advertisement) }
        try server.advance()
        for _ in 0..<2 {
            for index in workers.indices {
                guard let message = server.message(for: workers[index].identity) else { continue }
                if let answer = try workers[index].answer(message) { try server.receive(answer) }
            }
            if server.stage == .shares { try server.advance() }
        }
        for index in workers.indices { try server.fold(encoded: workers[index].mask([1, 2, 3, 4]).encoded) }
        try server.advance()
        for index in workers.indices {
            let message = try #require(server.message(for: workers[index].identity))
            try server.receive(try #require(try workers[index].answer(message)))
        }
        try server.advance()
        let message = try #require(server.message(for: workers[0].identity))
        for _ in 0..<2 { #expect(throws: Full.self) { try workers[0].answer(message) } }
    }
}
