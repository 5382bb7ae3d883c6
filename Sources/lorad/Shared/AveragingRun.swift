import Adapters
import Federation
import Foundation
import Models
import Privacy
import Synchronization
import Tensors
import Training
import Transports

/// Rounds of local training, as a run file describes them: what the coordinator's `AveragingJob` is made of.
final class AveragingRun: Sendable {
    private let opened: OpenedRun
    private let federation: FederationArguments
    private let pictures: PictureShelf
    private let display: ProgressDisplay
    private let store: RunStore
    private let reports: Mutex<RunReports>
    private let start = ContinuousClock.now
    private let basis: RunBasis
    /// Of the job, once there is one.
    private let isBudgetSpent = Mutex<(@Sendable () -> Bool)?>(nil)

    /// - Parameter basis: what workers are told when they join.
    init(
        _ opened: OpenedRun, _ federation: FederationArguments, basis: RunBasis, store: RunStore,
        pictures: PictureShelf, reports: sending RunReports, display: ProgressDisplay
    ) {
        self.basis = basis
        self.store = store
        self.opened = opened
        self.federation = federation
        self.pictures = pictures
        self.display = display
        self.reports = Mutex(reports)
    }

    /// The job, from its beginning or from where it was.
    func job(resuming resumed: ResumedState?) throws -> AveragingJob {
        let weights = opened.adapted.weights
        let seed = UInt64(bitPattern: Int64(opened.configuration.training.seed))
        let aggregator = try federation.makeAggregator(seed: seed)
        let initial = StateDict(weights.stateDict.entries.map { ($0.name, $0.tensor.copied()) })
        let state =
            try resumed.map {
                AveragingJob.State(
                    round: $0.round, trained: try $0.part("adapter"), optimizer: try $0.part("optimizer"),
                    gain: try BaseDelta(try $0.part("gain")),
                    clip: ($0.has("privacy") ? try $0.part("privacy")["clip"] : nil).map { Double($0.values[0]) })
            } ?? AveragingJob.State(trained: initial)
        var settings = settings(seed)
        settings.openedRound = try openedRound()
        settings.willOpen = { [store] round in
            try store.append(LedgerEntry(kind: Self.kindOfOpening, time: Date(), entry: "{\"round\":\(round)}"))
        }
        settings.privacy = try privacyBook(settings.masking, values: initial.entries.reduce(0) { $0 + $1.tensor.count })
        let job = try AveragingJob(
            state, layout: try FactorLayout(weights.plan, state: initial), settings: settings,
            aggregator: aggregator, optimizer: try federation.makeServerOptimizer(after: aggregator),
            work: { [self] in try work($0) }, committed: { [self] in try record($0, $1) })
        if job.round > state.round {
            display.say(
                "round \(job.round) is abandoned: the coordinator stopped after it had asked for the shares that "
                    + "reveal its sum, and workers send them only once. The run continues with the next round"
            )
        }
        isBudgetSpent.withLock { $0 = { [weak job] in job?.isBudgetSpent == true } }
        return job
    }

    private func settings(_ seed: UInt64) -> AveragingSettings {
        let isFederated = federation.mode == .federated
        var settings = AveragingSettings(
            rounds: federation.rounds,
            participation: isFederated
                ? .sampled(share: federation.participation, minimum: federation.minWorkers)
                : .replicas(federation.minWorkers),
            minimumWorkers: isFederated ? federation.minWorkers : 1,
            deadline: federation.roundDeadline.map { .seconds($0) }, seed: seed,
            largestWeight: Double(federation.largestWeight(opened.configuration)), hardNormBound: federation.refuseNorm,
            gainRank: federation.gainRank)
        settings.disclosure = opened.configuration.disclosure
        settings.masking = MaskingSettings(opened.configuration, federation, basis: basis)
        return settings
    }

    private static let kindOfOpening = "opening"

    /// The last round of this run whose sum shares were asked for.
    private func openedRound() throws -> Int? {
        struct Opening: Decodable { var round: Int }
        let begun = try store.history.run().created
        let last = try store.history.ledger().last { $0.kind == Self.kindOfOpening && $0.time >= begun }
        return try last.map { try JSONDecoder().decode(Opening.self, from: Data($0.entry.utf8)).round }
    }

    /// The run's ledger, if it has differential privacy.
    private func privacyBook(_ masking: MaskingSettings?, values: Int) throws -> PrivacyBook? {
        guard let arguments = opened.configuration.privacy?.differentialPrivacy.workerNoise else { return nil }
        let noise = try NoiseSettings(arguments, federation, values: values, masking: masking)
        let ledger = try PrivacyLedger(store.history.ledger())
        let spent = try ledger.spent(delta: noise.delta).epsilon
        display.say(
            String(
                format:
                    "differential privacy for workers: updates clipped to %g, noise of %.4g clips, epsilon %.4g so far",
                noise.clip, noise.noiseMultiplier, spent)
                + (noise.targetEpsilon.map { " of \($0)" } ?? "") + " at delta \(noise.delta)")
        return PrivacyBook(noise, ledger: ledger) { [store] in
            try store.append(LedgerEntry($0, round: (store.history.lastCommitted()?.index ?? -1) + 1))
        }
    }

    /// What a worker is to do in a round.
    private func work(_ assignment: AveragingJob.Assignment) throws -> WorkOrder {
        let instructions = LocalInstructions(
            ofRound: assignment.round, trained: assignment.trained, opened.configuration, federation)
        guard federation.mode == .distributed else {
            return WorkOrder(work: try SharedWork.local(instructions).data())
        }
        var options = instructions.options
        options.seed &+= assignment.index  // replicas must not share dropout masks
        let training = try opened.trainingRows()
        let rows = stretch(of: assignment.index, round: assignment.round, training.order)
        let maker = WorkMaker(training.encoded, catalogue: pictures.catalogue)
        let work = try maker.work(ofStretch: rows)
        let ahead = stretch(of: assignment.index, round: assignment.round + 1, training.order).joined()
        return WorkOrder(
            work: try SharedWork.stretch(options, work).data(),
            attachments: try pictures.attachments(work.rows.pictures),
            ahead: try pictures.attachments(maker.pictures(of: Array(ahead))))
    }

    /// The examples of a replica's steps: replicas take turns in the run's order, so that together they go through the
    /// data as one run would.
    private func stretch(of replica: Int, round: Int, _ order: BatchOrder) -> [[Int]] {
        let first = round * federation.localSteps
        return (0..<federation.localSteps).map { (step: Int) -> [Int] in
            order.rows(ofStep: (first + step) * federation.minWorkers + replica)
        }
    }

    /// Logs a round, and evaluates what came out of it.
    private func record(_ state: AveragingJob.State, _ report: RoundReport) throws -> RoundReport {
        var report = report
        let isLast = state.round == federation.rounds
        var record = LogRecord(step: state.round, epoch: Double(state.round))
        record.loss = report.loss
        if state.round % federation.evalRounds == 0 || isLast, let evaluation = try evaluate(state) {
            record.add(evaluation)
            report.values.merge(evaluation.figures) { $1 }
        }
        try reports.withLock { [record] in
            try $0.add(record)
            try $0.draw()  // rounds are few, and the run may end after any of them
        }
        report.values = workersEvaluation(report.values)
        if let text = text(of: report) { display.say(text) }
        if isBudgetSpent.withLock(\.self)?() == true { sayBudgetIsSpent(after: report) }
        return report
    }

    private func evaluate(_ state: AveragingJob.State) throws -> Evaluation? {
        guard let validation = opened.validation else { return nil }
        try opened.adapted.weights.assign(state.trained, gaining: state.gain)
        return try Evaluation(opened.adapted.model, validation.rows, lanes: opened.lanes)
    }

    /// The workers' sums as means: what the round's start was worth on their data.
    private func workersEvaluation(_ values: [String: Double]) -> [String: Double] {
        var values = values
        let sums = ["eval_loss_sum", "eval_tokens", "eval_exact", "eval_rows"].map {
            values.removeValue(forKey: $0) ?? 0
        }
        guard sums[1] > 0, sums[3] > 0 else { return values }
        values["workers_eval_loss"] = sums[0] / sums[1]
        values["workers_" + criterion.logName] = sums[2] / sums[3]
        return values
    }

    /// What the models of this run are asked for.
    private var criterion: Evaluation.Criterion { opened.adapted.model.objective.criterion }

    private func text(of report: RoundReport) -> String? {
        let figures = { [criterion] (prefix: String, what: String) -> String? in
            guard let loss = report.values[prefix + "eval_loss"], let exact = report.values[prefix + criterion.logName]
            else { return nil }
            return String(format: "%@ loss %.4f, %@ %.1f%%", what, loss, criterion.rawValue, 100 * exact)
        }
        let parts = [
            figures("", "validation"), figures("workers_", "the state before it, on the workers' own validation data:"),
        ].compactMap(\.self)
        return parts.isEmpty ? nil : "round \(report.round + 1): \(parts.joined(separator: "; "))"
    }

    private func sayBudgetIsSpent(after report: RoundReport) {
        display.say(
            "the privacy budget allows no round after \(report.round + 1) of \(federation.rounds): the run ends here")
    }

    /// Writes the adapter of a state.
    func write(_ state: AveragingJob.State, to folder: URL) throws {
        try opened.adapted.weights.assign(state.trained)
        try opened.adapted.weights.write(to: folder, gaining: state.gain)
    }
}
