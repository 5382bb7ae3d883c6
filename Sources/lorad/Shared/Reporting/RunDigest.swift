import Federation
import Foundation
import Transports

/// A run as its store tells of it, with what its rounds come to.
struct RunDigest: Sendable {
    /// A worker that has ever joined, and what it did in the rounds that count.
    struct Worker: Sendable {
        let record: WorkerRecord
        let share: RoundFigures.Share
        /// Why it is left out of the run for good, if it is.
        var leftOut: String?
    }

    /// A round that is done.
    struct Round: Sendable {
        /// From 1.
        let number: Int
        let time: Date
        let figures: RoundFigures
    }

    let run: RunRecord
    let unit: RunUnit
    /// The process that coordinates it now, if any.
    let process: Int32?
    let workers: [Worker]
    /// Every round that is done, in order; one that was done again after a crash is there once.
    let rounds: [Round]
    /// What the rounds come to.
    let total: RoundFigures.Share
    /// Whether differential privacy keeps figures back.
    let isWithheld: Bool
    /// Why the run has failed, if it has and the reason is known.
    let failure: String?
    /// What is known of workers that were left out of exchanges because they and others do not accept one another, oldest
    /// first.
    let distrusted: [String]
    /// Whether no further round begins until somebody resumes it.
    var isPaused = false

    /// Reads a run.
    ///
    /// - Throws: `FederationError` for rows that cannot be read.
    init(_ history: RunHistory, process: Int32?) throws {
        try self.init(
            run: history.run(), process: process, workers: history.workers(), steps: history.steps(),
            exclusions: history.exclusions(), incidents: history.incidents())
    }

    init(
        run: RunRecord, process: Int32?, workers: [WorkerRecord], steps: [StepRecord],
        exclusions: [ExclusionRecord] = [], incidents: [IncidentRecord] = []
    ) {
        self.run = run
        failure = run.state == .failed ? incidents.last { $0.kind == Self.failureKind }?.text : nil
        distrusted = incidents.filter { $0.kind == "distrusted" }.map(\.text).reduce(into: []) { known, text in
            if !known.contains(text) { known.append(text) }
        }
        self.process = process
        unit = RunUnit(run)
        let configuration = try? RunFile.parse(run.configuration, name: run.name, checksDisk: false)
        let isPrivate = configuration.map { $0.disclosure != .everything } ?? false
        rounds = steps.map { step in
            let figures = RoundFigures(json: step.metrics)
            // What an earlier release has stored of a private run is not shown either.
            return Round(
                number: step.step + 1, time: step.time,
                figures: isPrivate || figures.isWithheld ? figures.withheld : figures)
        }
        isWithheld = isPrivate || rounds.contains(where: \.figures.isWithheld)
        var shares: [String: RoundFigures.Share] = [:]
        var total = RoundFigures.Share()
        for round in rounds {
            let figures = round.figures
            for (worker, share) in figures.workers { shares[worker, default: .init()] += share }
            total += RoundFigures.Share(
                counted: figures.contributions, tokens: figures.tokens, seconds: figures.seconds,
                bytesIn: figures.bytesIn, bytesOut: figures.bytesOut)
        }
        let reasons = Dictionary(exclusions.map { ($0.fingerprint, $0.reason) }) { first, _ in first }
        self.workers = workers.map { worker in
            Worker(
                record: worker, share: shares[worker.fingerprint] ?? .init(), leftOut: reasons[worker.fingerprint])
        }
        self.total = total
    }

    /// The kind of the incident that says why a run has failed.
    static let failureKind = "failed"

    /// How far it is: a run that its coordinator left behind is interrupted.
    var state: String { run.state == .running && process == nil ? "interrupted" : run.state.rawValue }

    /// Rounds of the whole run; `nil` before the first is done.
    var plannedRounds: Int? { rounds.last.map(\.figures.rounds).flatMap { $0 > 0 ? $0 : nil } }

    /// Number of the last round that is done.
    var done: Int { rounds.last?.number ?? 0 }
}
