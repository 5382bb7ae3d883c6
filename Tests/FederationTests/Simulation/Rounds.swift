import Foundation
import SwiftProtobuf
import Transports

@testable import Federation

/// A coordinator whose workers say what a test lets them say, in the test's own time.
final class Rounds {
    var core: Coordinator<Int>
    let job: any SimulatedJob
    var now = Duration.zero
    /// Answers to polls, by worker.
    private(set) var answers: [Int: WireReply] = [:]

    /// - Parameter known: workers that the run's store has from before.
    init(_ job: any SimulatedJob, patience: Duration = .seconds(2), known: ClosedRange<Int>? = nil) {
        self.job = job
        let names = (known.map(Array.init) ?? []).map { (SimulatedWorker.id($0), "w\($0)") }
        core = Coordinator(
            job: job, timing: Timing(patience: patience), known: Dictionary(uniqueKeysWithValues: names))
    }

    func join(_ workers: ClosedRange<Int>) {
        for worker in workers { core.join(SimulatedWorker.id(worker), .with { $0.name = "w\(worker)" }, at: now) }
        openIfDue()
    }

    private func openIfDue() {
        guard core.wantsRound(at: now) else { return }
        core.open(from: .with { $0.id = SimulatedBlob.name(of: job.disk.bytes) }, at: now)
    }

    /// Lets a worker say goodbye.
    func leave(_ worker: Int) {
        _ = core.handle(.with { $0.goodbye = .init() }, from: SimulatedWorker.id(worker), worker, at: now)
    }

    /// Asks for work; an order comes at once if there is one.
    func poll(_ worker: Int) -> WireTask? {
        answers[worker] = nil
        _ = core.handle(.with { $0.poll = .init() }, from: SimulatedWorker.id(worker), worker, at: now)
        turn()
        if case .order(let order) = answers[worker]?.kind { return order.task }
        return nil
    }

    func wait(_ time: Duration) {
        now += time
        turn()
    }

    private func turn() {
        _ = core.advance(to: now)
        openIfDue()
        for answer in core.takeAnswers(at: now) { answers[answer.ticket] = answer.reply }
    }

    @discardableResult
    func beat(_ worker: Int, _ task: WireTask) -> Bool {
        let request = WireRequest.with { $0.heartbeat.task = task }
        guard case .reply(let reply) = core.handle(request, from: SimulatedWorker.id(worker), worker, at: now) else {
            return false
        }
        return reply.alive.taskIsOpen
    }

    /// What a result comes to; `finding` is what the look at it shows, if there is one.
    func submit(
        _ worker: Int, _ task: WireTask, _ finding: Coordinator<Int>.Finding = .taken(.init())
    ) -> WireVerdict.Outcome {
        let request = WireRequest.with { $0.submission.task = task }
        switch core.handle(request, from: SimulatedWorker.id(worker), worker, at: now) {
        case .reply(let reply): return reply.verdict.outcome
        case .check(let key, _):
            return core.settle(key, by: SimulatedWorker.id(worker), finding, at: now).verdict.outcome
        case .parked: return .unknown
        }
    }

    func report(_ worker: Int, _ task: WireTask, _ reason: String = "") {
        let request = WireRequest.with {
            $0.failure.task = task
            $0.failure.reason = reason
        }
        _ = core.handle(request, from: SimulatedWorker.id(worker), worker, at: now)
    }

    func state(_ worker: Int) -> Member.State? { core.members[SimulatedWorker.id(worker)]?.state }
}
