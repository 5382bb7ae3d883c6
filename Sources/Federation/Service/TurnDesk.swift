import SwiftProtobuf
import Synchronization
import Transports

/// Workers that wait for their next turn in an exchange.
final class TurnDesk: Sendable {
    private struct Waiting {
        let worker: WorkerID
        let task: TaskKey
        let reply: PendingReply
        let since: Duration
    }

    private let job: any Job
    private let longPoll: Duration
    private let waiting = Mutex<[Waiting]>([])

    init(_ job: any Job, longPoll: Duration) {
        self.job = job
        self.longPoll = longPoll
    }

    /// Answers a worker when it is its turn, or after a while that it is not; its earlier question gets no answer.
    func wait(_ worker: WorkerID, for task: TaskKey, _ reply: PendingReply, at now: Duration) {
        waiting.withLock { waiting in
            waiting.removeAll { $0.worker == worker }
            waiting.append(Waiting(worker: worker, task: task, reply: reply, since: now))
        }
    }

    /// Answers those whose turn it is.
    func flush(at now: Duration) {
        let due = waiting.withLock { waiting -> [(PendingReply, WireTurn)] in
            var due: [(PendingReply, WireTurn)] = []
            waiting.removeAll { item in
                let turn = (job.secureExchange?.turn(for: item.worker, of: item.task.id) ?? .over(reason: "")).wire
                guard turn != nil || now - item.since >= longPoll else { return false }
                due.append((item.reply, turn ?? .with { $0.wait = .init() }))
                return true
            }
            return due
        }
        for (reply, turn) in due { reply.send(.with { $0.turn = turn }) }
    }
}
