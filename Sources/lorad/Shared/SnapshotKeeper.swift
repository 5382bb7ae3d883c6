import Federation
import Foundation
import Models
import Synchronization

/// Makes rounds durable: as often as costs at most a twentieth of the time. What is after the last snapshot is computed
/// again after a crash, with the same result.
final class SnapshotKeeper: Sendable {
    private let store: RunStore
    private let log: RunLog?
    private let due = Mutex(ContinuousClock.now)

    /// - Parameter log: counts what belongs to a round.
    init(_ store: RunStore, _ log: RunLog?) {
        self.store = store
        self.log = log
    }

    /// Notes a round, and saves the job's state if it is time, or the end.
    func persist(_ report: RoundReport, of job: any Job) throws {
        let figures = log?.close(report) ?? RoundFigures(loss: report.loss, tokens: report.tokens)
        try store.record(StepRecord(step: report.round, time: Date(), metrics: figures.json.text()))
        guard job.round >= job.rounds || report.isFinal || due.withLock({ $0 <= .now }) else { return }
        let start = ContinuousClock.now
        try save(job, figures)
        let cost = ContinuousClock.now - start
        due.withLock { $0 = .now + cost * 20 }
    }

    /// Saves the job's state, unless no round is done.
    ///
    /// - Parameter figures: what the last round came to; `nil` if it is noted already.
    func save(_ job: any Job, _ figures: RoundFigures? = nil) throws {
        let done = job.round - 1
        guard done >= 0, try store.history.lastCommitted().map({ $0.index < done }) ?? true else { return }
        let blobs = try job.snapshot().mapValues { try Blob($0) }
        let commit = RoundCommit(
            index: done, snapshot: blobs, loss: figures?.loss, metrics: figures?.json.text() ?? "{}",
            bytesIn: figures?.bytesIn ?? 0, bytesOut: figures?.bytesOut ?? 0)
        try store.commitRound(commit, now: Date())
    }
}
