import Federation
import Foundation
import Synchronization

/// Makes rounds durable: as often as costs at most a twentieth of the time. What lies after the last snapshot is computed
/// again after a crash, with the same result.
final class SnapshotKeeper: Sendable {
    private let store: RunStore
    private let due = Mutex(ContinuousClock.now)

    init(_ store: RunStore) { self.store = store }

    /// Notes a round, and saves the job's state if it is time, or the end.
    func persist(_ report: RoundReport, of job: any Job) throws {
        var values = report.values
        values["loss"] = report.loss
        values["tokens"] = Double(report.tokens)
        let metrics = String(decoding: try JSONEncoder().encode(values), as: UTF8.self)
        try store.record(StepRecord(step: report.round, time: Date(), metrics: metrics))
        guard job.round >= job.rounds || due.withLock({ $0 <= .now }) else { return }
        let start = ContinuousClock.now
        try save(job, loss: report.loss, metrics: metrics)
        let cost = ContinuousClock.now - start
        due.withLock { $0 = .now + cost * 20 }
    }

    /// Saves the job's state, unless no round is done.
    func save(_ job: any Job, loss: Double? = nil, metrics: String = "{}") throws {
        let done = job.round - 1
        guard done >= 0, try store.history.lastCommitted().map({ $0.index < done }) ?? true else { return }
        let blobs = try job.snapshot().mapValues { try Blob($0) }
        try store.commitRound(RoundCommit(index: done, snapshot: blobs, loss: loss, metrics: metrics), now: Date())
    }
}
