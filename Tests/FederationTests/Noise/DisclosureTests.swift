import Foundation
import Privacy
import SwiftProtobuf
import Synchronization
import Tensors
import Testing
import Transports

@testable import Federation

@Suite("A run that tells updates alone")
struct DisclosureTests {
    private static let onlyUpdates = Disclosure.updatesOnly(examples: 8)
    /// What two neighbouring datasets may make of the same work.
    private static let measured = [
        ContributionMetrics(
            loss: 2.5, examples: 12, tokens: 345, supervisedTokens: 67, seconds: 1.25, values: ["eval_rows": 9]),
        ContributionMetrics(
            loss: .nan, examples: 9_999, tokens: 1, supervisedTokens: 1, seconds: 99, values: ["eval_exact": 1]),
    ]

    private let order = WireOrder.with { $0.task.base = Data(repeating: 1, count: 32) }
    private let update = WireBlob.with { $0.size = 12 }

    /// What a worker submits.
    private func submission(_ metrics: ContributionMetrics, _ disclosure: Disclosure) throws -> Data? {
        var worker = Worker(tellsReasons: false, disclosure: disclosure)
        _ = worker.start()
        _ = worker.next(after: .replied(.with { $0.order = order }))
        _ = worker.next(after: .fetched)
        _ = worker.next(after: .performed(update, metrics))
        guard case .ask(let request) = worker.next(after: .uploaded) else { return nil }
        return try request.serializedBytes()
    }

    @Test("sends the same bytes beside its update, whatever was measured")
    func source() throws {
        let told = try Self.measured.map { try #require(try submission($0, Self.onlyUpdates)) }
        #expect(told[0] == told[1])
        let all = try Self.measured.map { try #require(try submission($0, .everything)) }
        #expect(all[0] != all[1])
    }

    @Test("reports the same failure, whatever failed")
    func failure() throws {
        let requests = try ["row 7: its picture cannot be used", "no memory"].map { (reason: String) -> Data in
            var worker = Worker(tellsReasons: false, disclosure: Self.onlyUpdates)
            _ = worker.start()
            _ = worker.next(after: .replied(.with { $0.order = order }))
            _ = worker.next(after: .fetched)
            guard case .ask(let request) = worker.next(after: .failed(reason: reason)) else { return Data() }
            return try request.serializedBytes()
        }
        #expect(requests[0] == requests[1] && !requests[0].isEmpty)
    }

    /// A job like the toy's that takes updates alone.
    private final class Quiet: SimulatedJob {
        private let inner = TreeJob(rounds: 3, leafCount: 4, minimumWorkers: 1)
        let disclosure: Disclosure

        init(_ disclosure: Disclosure) { self.disclosure = disclosure }

        var disk: SimulatedDisk { inner.disk }
        var round: Int { inner.round }
        var rounds: Int { inner.rounds }
        var minimumWorkers: Int { inner.minimumWorkers }
        func base() throws -> StateDict { inner.base() }
        func plan(for workers: [WorkerID]) throws -> RoundPlan { inner.plan(for: workers) }
        func order(for task: UInt64) throws -> WorkOrder { inner.order(for: task) }
        func leaves(of task: UInt64) -> Range<Int> { inner.leaves(of: task) }
        func add(_ contribution: Contribution) throws { try inner.add(contribution) }
        func commit() throws -> RoundReport { try inner.commit() }
        func snapshot() throws -> [String: StateDict] { inner.snapshot() }
    }

    /// What a coordinator makes of a worker that tells too much: its member, and the events.
    private func heard(_ disclosure: Disclosure, progress: Double, reason: String) throws -> (
        Member, [CoordinatorEvent]
    ) {
        let rounds = Rounds(Quiet(disclosure))
        rounds.join(1...1)
        let task = try #require(rounds.poll(1))
        let worker = SimulatedWorker.id(1)
        let beat = WireRequest.with {
            $0.heartbeat.task = task
            $0.heartbeat.progress = progress
        }
        _ = rounds.core.handle(beat, from: worker, 1, at: rounds.now)
        let member = try #require(rounds.core.members[worker])
        rounds.report(1, task, reason)
        let goodbye = WireRequest.with { $0.goodbye.reason = reason }
        _ = rounds.core.handle(goodbye, from: worker, 1, at: rounds.now)
        return (member, rounds.core.takeEvents())
    }

    @Test("drops progress and reasons that a worker of another release, or a dishonest one, sends")
    func dropped() throws {
        let first = try heard(Self.onlyUpdates, progress: 0.25, reason: "row 7 is damaged")
        let second = try heard(Self.onlyUpdates, progress: 0.75, reason: "out of memory")
        #expect(first.0 == second.0 && first.1 == second.1 && first.0.progress == 0)
        #expect(!"\(first.1)".contains("row 7"))
        let open = try heard(.everything, progress: 0.25, reason: "row 7 is damaged")
        #expect(open.0.progress == 0.25 && "\(open.1)".contains("row 7"))
    }

    @Test("drops figures that a worker sends all the same, before anybody is told of them", .timeLimit(.minutes(1)))
    func figures() async throws {
        let run = try Served(ToyJob(rounds: 2, disclosure: Self.onlyUpdates))
        run.start()
        // A trainer that knows of no disclosure: it tells a second of computing time.
        let worker = try run.work(as: "one")
        try await run.expectEnd()
        #expect(try await worker.end().isOver)
        let told = run.events.compactMap { event -> ContributionMetrics? in
            if case .counted(_, _, let metrics) = event { metrics } else { nil }
        }
        #expect(told.count == 8 && told.allSatisfy { $0 == ContributionMetrics(examples: 8) })
        #expect(run.server.members.allSatisfy { $0.tokensPerSecond == 0 && $0.counted == 8 })
    }
}
