import Federation
import Foundation

extension RunPage {
    /// The page of a run from its store.
    ///
    /// - Parameter process: the process that coordinates it now, if any.
    /// - Throws: `FederationError` for rows that cannot be read, `CommandError` for a ledger that cannot.
    init(_ history: RunHistory, process: Int32?) throws {
        self.init(
            try RunDigest(history, process: process), privacy: try Privacy(history),
            incidents: IncidentList(try history.incidents()))
    }

    init(_ digest: RunDigest, privacy: Privacy?, incidents: IncidentList) {
        self.init(
            run: digest.run.name, mode: digest.run.mode, unit: digest.unit.rawValue, state: State(digest),
            begun: digest.run.created, done: digest.done)
        planned = digest.plannedRounds
        take(RoundHistory(digest.rounds))
        let total = digest.total
        (bytesIn, bytesOut) = (total.bytesIn, total.bytesOut)
        if total.seconds > 0, done > 0 {
            secondsPerRound = total.seconds / Double(digest.rounds.count)
            tokensPerSecond = tokens > 0 ? Double(tokens) / total.seconds : nil
        }
        workers = digest.workers.map { Worker($0) }
        self.privacy = privacy
        self.incidents = incidents.newest
    }

    /// Takes over what the rounds tell.
    mutating func take(_ history: RoundHistory) {
        done = history.recent.last?.number ?? done
        loss = history.recent.last?.figures.loss?.ifFinite
        (results, tokens) = (history.total.counted, history.total.tokens)
        rounds = history.recent.map { Round($0) }
        curves = RunCurve.Quantity.allCases.compactMap { quantity in
            history.curves[quantity].map { Curve(quantity, $0) }
        }
        if let epsilon = history.epsilon?.ifFinite { privacy?.epsilon = epsilon }
    }
}

extension RunPage.State {
    init(_ digest: RunDigest) {
        switch digest.run.state {
        case .created: self = .created
        case .running: self = digest.process == nil ? .interrupted : .working
        case .stopped: self = .stopped
        case .finished: self = .finished
        case .failed: self = .failed
        }
    }
}

extension RunPage.Worker {
    init(_ worker: RunDigest.Worker) {
        self.init(
            name: worker.record.name.onOneLine, fingerprint: worker.record.fingerprint,
            state: worker.record.isRevoked ? "revoked" : "enrolled")
        let share = worker.share
        if share.seconds > 0 { tokensPerSecond = (Double(share.tokens) / share.seconds).ifFinite }
        add(share)
    }

    /// Adds what it did in some rounds.
    mutating func add(_ share: RoundFigures.Share) {
        counted = counted.addingClamped(share.counted)
        late = late.addingClamped(share.late)
        refused = refused.addingClamped(share.refused)
        failed = failed.addingClamped(share.failed)
        bytesIn = bytesIn.addingClamped(share.bytesIn)
        bytesOut = bytesOut.addingClamped(share.bytesOut)
    }
}

extension RunPage.Curve {
    init(_ quantity: RunCurve.Quantity, _ curve: RunCurve) {
        self.init(
            quantity: quantity, span: curve.span, rounds: curve.points.map(\.round), values: curve.points.map(\.value))
    }
}

extension RunPage.Round {
    init(_ round: RunDigest.Round) {
        let figures = round.figures
        self.init(
            number: round.number, time: round.time, loss: figures.loss?.ifFinite, results: figures.contributions,
            tokens: figures.tokens, seconds: figures.seconds, bytesIn: figures.bytesIn, bytesOut: figures.bytesOut)
        evalLoss = figures[.evalLoss]?.ifFinite
        accuracy = (figures[.evalExactMatch] ?? figures[.evalRecallAt1])?.ifFinite
        epsilon = figures.values["epsilon"]?.ifFinite
    }
}
