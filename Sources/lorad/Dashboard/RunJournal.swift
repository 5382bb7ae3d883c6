import Federation
import Foundation
import Synchronization

/// What the page of a run that continues shows beside the run as it is now: the rounds that are done, those of earlier
/// processes too, and what went wrong.
final class RunJournal: Sendable {
    private struct State {
        var history: RoundHistory
        var incidents: IncidentList
    }

    /// The run as earlier processes left it.
    private let earlier: RunPage
    private let minimumWorkers: Int
    private let state: Mutex<State>

    /// Begins with what the store holds.
    ///
    /// - Parameters:
    ///   - done: rounds that are done; what the store has beyond them is done again.
    ///   - minimumWorkers: workers without which no round begins.
    /// - Throws: as `RunPage.init`.
    init(_ store: RunHistory, done: Int, minimumWorkers: Int) throws {
        let digest = RunDigest(
            run: try store.run(), process: nil, workers: try store.workers(),
            steps: try store.steps().filter { $0.step < done })
        let incidents = IncidentList(try store.incidents())
        earlier = RunPage(digest, privacy: try RunPage.Privacy(store), incidents: incidents)
        self.minimumWorkers = minimumWorkers
        state = Mutex(State(history: RoundHistory(digest.rounds), incidents: incidents))
    }

    /// A round, counted from 1, is done.
    func add(_ figures: RoundFigures, round: Int, at time: Date) {
        state.withLock { $0.history.add(RunDigest.Round(number: round, time: time, figures: figures)) }
    }

    /// Something went wrong.
    func add(_ incident: IncidentRecord) { state.withLock { $0.incidents.add(incident) } }

    /// The page of the run as it is now.
    func page(of snapshot: RunSnapshot) -> RunPage {
        let (history, incidents) = state.withLock { ($0.history, $0.incidents) }
        let status = snapshot.status
        var page = earlier
        page.isLive = true
        page.state = phase(of: snapshot)
        page.isPaused = status.isPaused
        (page.done, page.planned) = (status.done, status.rounds)
        page.take(history)  // it is ahead of the snapshot, and all that is told of rounds has to be of the same one
        page.incidents = incidents.newest
        page.secondsPerRound = status.pace.secondsPerRound
        page.tokensPerSecond = status.pace.tokensPerSecond?.ifFinite
        page.remainingSeconds =
            page.done < status.rounds
            ? status.pace.secondsPerRound.map { $0 * Double(status.rounds - page.done) } : nil
        page.bytesIn += snapshot.received
        page.bytesOut += snapshot.sent
        (page.refusedRecords, page.refusedWorkers) = (snapshot.refusedRecords, snapshot.refusedWorkers)
        page.workers = workers(of: snapshot)
        return page
    }

    /// Between two rounds, a run gathers workers only if some are missing.
    private func phase(of snapshot: RunSnapshot) -> RunPage.State {
        switch snapshot.status.phase {
        case .finished: .finished
        case .failed: .failed
        case .working: .working
        case .gathering:
            snapshot.workers.count { $0.state == .idle || $0.state == .working } < minimumWorkers
                ? .gathering : .working
        }
    }

    /// The workers of this process, then those of earlier ones that have not come back.
    private func workers(of snapshot: RunSnapshot) -> [RunPage.Worker] {
        let before = Dictionary(earlier.workers.map { ($0.fingerprint, $0) }) { first, _ in first }
        let here = snapshot.workers.map { RunPage.Worker($0, before: before[$0.fingerprint]) }
        let names = Set(here.map(\.fingerprint))
        return here
            + earlier.workers.filter { !names.contains($0.fingerprint) }.map { worker in
                var worker = worker
                if worker.state == "enrolled" { worker.state = "away" }
                return worker
            }
    }
}

extension RunPage.Worker {
    /// A worker as it is now.
    ///
    /// - Parameter before: what it did for earlier processes.
    fileprivate init(_ worker: RunSnapshot.Worker, before: Self?) {
        self.init(name: worker.name.onOneLine, fingerprint: worker.fingerprint, state: worker.state.rawValue)
        progress = worker.state == .working ? min(1, max(0, worker.progress)).ifFinite : nil
        tokensPerSecond = worker.tokensPerSecond > 0 ? worker.tokensPerSecond.ifFinite : nil
        func number(_ outcome: RunStatus.Outcome) -> Int { worker.outcomes[outcome] ?? 0 }
        add(
            RoundFigures.Share(
                counted: number(.counted), late: number(.late), refused: number(.refused), failed: number(.failed),
                bytesIn: worker.received, bytesOut: worker.sent))
        guard let before else { return }
        add(
            RoundFigures.Share(
                counted: before.counted, late: before.late, refused: before.refused, failed: before.failed,
                bytesIn: before.bytesIn, bytesOut: before.bytesOut))
    }
}
