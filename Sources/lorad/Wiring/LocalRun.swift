import Adapters
import Foundation
import Models
import Tensors
import Training

/// A run in one process: everything that `lorad train` puts together.
final class LocalRun {
    private let opened: OpenedRun
    private let training: TrainingRows
    private let trainer: Trainer
    private let output: RunOutput
    private var outputLock: FileLock?
    private var firstStep = 0
    private var best = BestCheckpoint()
    private var record: TrainingRecord?
    /// What this process resumed the run with, if it changed settings.
    private var resumption: TrainingRecord.Resumption?

    /// Opens the model, the adapter and the data; nothing is written yet.
    ///
    /// - Parameters:
    ///   - skipsBadRows: whether to skip examples that cannot be used instead of failing.
    ///   - say: called with notices for the user, one line at a time.
    init(_ configuration: RunConfiguration, skipsBadRows: Bool, say: (String) -> Void) throws {
        let ignored = configuration.sectionsOfSharedRuns
        if !ignored.isEmpty { say("\(ignored.joined(separator: ", ")): not used by lorad train") }
        opened = try OpenedRun(configuration, skipsBadRows: skipsBadRows, say: say)
        training = try opened.trainingRows()
        trainer = try Trainer(
            model: opened.adapted.model, weights: opened.adapted.weights, source: training.rows,
            order: training.order, arguments: configuration.training, lanes: opened.lanes)
        output = RunOutput(configuration)
        opened.sayRows(steps: trainer.totalSteps, say)
    }

    /// The resources that the run will need, for planning a job.
    var needs: RunNeeds {
        let arguments = opened.configuration.training
        return RunNeeds(
            memory: MemoryEstimate(
                opened.adapted, rows: training.rows, arguments: arguments, lanes: opened.lanes.count),
            stop: StopEstimate(
                opened.adapted, training: training.rows, validation: opened.validation?.rows, arguments: arguments,
                lanes: opened.lanes.count, output: output.folder),
            lanes: opened.lanes.count)
    }

    /// Makes the output folder ready: fresh, or at the newest checkpoint.
    ///
    /// - Parameter allowed: settings that may differ from those of the checkpoint.
    /// - Throws: `CommandError` if another run is writing there, an earlier one lies there and `start` neither resumes nor
    ///   overwrites it, or the checkpoint was made with other settings; nothing has changed then.
    func prepareOutput(
        _ start: Start, allowing allowed: AllowedChanges = AllowedChanges(), say: (String) -> Void
    ) throws {
        outputLock = try output.lock()
        let start = start == .auto ? automaticStart : start
        try output.check(isExpected: start != .new)
        let checkpoint = try start == .resume ? latestCheckpoint : nil
        let record = try opened.record()
        self.record = record
        if let checkpoint { try restore(checkpoint, record, allowed, say) }
        try output.prepare(resume: start == .resume, overwrite: start == .overwrite)
        try output.writeConfiguration()
        try opened.skippedRows.write(to: output.folder, say)
    }

    /// How a run treats what is in its output folder.
    enum Start {
        case new, resume, overwrite
        /// Resumes from a checkpoint if there is one; an adapter without one is kept.
        case auto
    }

    private var automaticStart: Start {
        if output.checkpoints.latest != nil { return .resume }
        return output.hasAdapter ? .new : .overwrite
    }

    private var latestCheckpoint: URL {
        get throws {
            guard let checkpoint = output.checkpoints.latest else {
                throw CommandError("\(output.folder.path) contains no checkpoint to resume from: remove --resume")
            }
            return checkpoint
        }
    }

    private func restore(
        _ checkpoint: URL, _ record: TrainingRecord, _ allowed: AllowedChanges, _ say: (String) -> Void
    ) throws {
        let check = ResumeCheck(opened: opened, record: record, allowed: allowed, totalSteps: trainer.totalSteps)
        let (changes, earlier) = try check.changes(since: checkpoint, say)
        try opened.adapted.weights.restore(from: checkpoint)
        let state = try trainer.restore(from: checkpoint)
        firstStep = state.step
        best = try resumedBest(state.best ?? best, changes, isRecorded: earlier != nil, say)
        self.record?.resumptions = earlier?.resumptions ?? []
        guard !changes.isEmpty else { return }
        resumption = TrainingRecord.Resumption(step: state.step, changes: changes)
        self.record?.resumptions.append(.init(step: state.step, changes: changes))
    }

    /// The best evaluation until the checkpoint, unless it says nothing about those that follow.
    private func resumedBest(
        _ best: BestCheckpoint, _ changes: [TrainingRecord.Change], isRecorded: Bool, _ say: (String) -> Void
    ) throws -> BestCheckpoint {
        let keys = Set(changes.map(\.key))
        if best.step != nil, !keys.isDisjoint(with: ["data.validation", "training.metric_for_best_model"]) {
            say(
                "the search for the best evaluation starts again: earlier evaluations cannot be compared with later "
                    + "ones"
            )
            return BestCheckpoint()
        }
        guard opened.configuration.training.loadBestModelAtEnd, let step = best.step,
            output.checkpoints.existing(step) == nil
        else { return best }
        guard !isRecorded || keys.contains("training.load_best_model_at_end") else {
            throw CommandError(
                "\(output.checkpoints.url(step).path), the checkpoint of the best evaluation, is missing: restore "
                    + "it, or start again with --overwrite"
            )
        }
        say("the search for the best evaluation starts again: the checkpoint of step \(step) was not kept")
        return BestCheckpoint()
    }

    /// Trains to the end, or until a signal asks to stop.
    func train(_ display: ProgressDisplay) throws {
        let reports = try RunReports(folder: output.folder.path, resumingFromStep: firstStep)
        if let resumption { try reports.add(resumption, epoch: training.order.epochs(afterSteps: firstStep)) }
        let recorder = RunRecorder(
            arguments: opened.configuration.training, reports: reports, display: display,
            firstStep: firstStep, best: best, evaluate: opened.evaluate)
        defer {
            try? recorder.draw()
            display.finish()
        }
        while !trainer.isFinished, !recorder.endsEarly, !StopSignal.isReceived {
            let report = try opened.adapted.folder.namingDamage(trainer.takeStep)
            let recorded = try recorder.finish(
                report, isFinished: trainer.isFinished, isStopping: StopSignal.isReceived)
            guard recorded.isDue else { continue }
            try output.checkpoints.save(
                step: report.step, weights: opened.adapted.weights, optimizer: trainer.optimizer, best: recorder.best,
                record: record)
        }
        guard trainer.isFinished || recorder.endsEarly else {
            throw StoppedEarly(
                output.checkpoints.latest == nil
                    ? "stopped before the first step; --auto-resume starts again"
                    : "stopped at step \(trainer.step) of \(trainer.totalSteps); --resume continues from there")
        }
        if !trainer.isFinished {
            display.say(
                "ended at step \(trainer.step) of \(trainer.totalSteps): \(recorder.best.evaluationsWithoutGain) "
                    + "evaluations without improvement (training.early_stopping_patience)"
            )
        }
        try takeBest(recorder.best, display)
        try opened.adapted.weights.write(to: output.folder)
        try ModelCard.write(
            record?.resumptions ?? [], base: opened.adapted.weights.plan.configuration.baseModel, to: output.folder)
        try AdapterPortability.notices(inFolder: output.folder).forEach(display.say)
        display.say("adapter written to \(output.folder.path)")
    }
}

extension LocalRun {
    /// Restores the adapter of the best evaluation, if requested.
    private func takeBest(_ best: BestCheckpoint, _ display: ProgressDisplay) throws {
        let arguments = opened.configuration.training
        guard arguments.loadBestModelAtEnd, let step = best.step, let value = best.value else { return }
        if step != trainer.step {
            guard let checkpoint = output.checkpoints.existing(step) else {
                throw CommandError(
                    "\(output.checkpoints.url(step).path), the checkpoint of the best evaluation, is missing: "
                        + "restore it and give --resume"
                )
            }
            try opened.adapted.weights.restore(from: checkpoint)
        }
        display.say(
            "the best evaluation is at step \(step): \(arguments.metricForBestModel.rawValue) "
                + String(format: "%.4f", value))
    }
}

extension LaneCount {
    /// The number of threads: one for each core that this process may use unless fixed.
    var resolved: Int {
        switch self {
        case .automatic: AvailableCores.count
        case .fixed(let count): count
        }
    }
}
