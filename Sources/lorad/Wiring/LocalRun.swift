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

    /// Opens the model, the adapter and the data; nothing is written yet.
    ///
    /// - Parameters:
    ///   - skipsBadRows: whether rows that cannot be used are left out instead of refused.
    ///   - say: receives what a user should know, a line at a time.
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

    /// What the run will take in memory.
    var memoryEstimate: MemoryEstimate {
        MemoryEstimate(
            opened.adapted, rows: training.rows, arguments: opened.configuration.training,
            lanes: opened.lanes.count)
    }

    /// Makes the output folder ready: fresh, or at the newest checkpoint.
    ///
    /// - Throws: `CommandError` if another run is writing there, or an earlier one lies there and neither `resume` nor
    ///   `overwrite` is given.
    func prepareOutput(resume: Bool, overwrite: Bool, say: (String) -> Void) throws {
        outputLock = try output.lock()
        try output.prepare(resume: resume, overwrite: overwrite)
        if resume { try restore() }
        try output.writeConfiguration()
        try opened.skippedRows.write(to: output.folder, say)
    }

    private func restore() throws {
        guard let checkpoint = output.checkpoints.latest else {
            throw CommandError("\(output.folder.path) holds no checkpoint to resume from: leave out --resume")
        }
        try opened.adapted.weights.restore(from: checkpoint)
        let state = try trainer.restore(from: checkpoint)
        firstStep = state.step
        best = state.best ?? best
    }

    /// Trains to the end, or until a signal asks to stop.
    func train(_ display: ProgressDisplay) throws {
        let recorder = RunRecorder(
            arguments: opened.configuration.training,
            reports: try RunReports(folder: output.folder.path, resumingFromStep: firstStep), display: display,
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
                step: report.step, weights: opened.adapted.weights, optimizer: trainer.optimizer, best: recorder.best)
        }
        guard trainer.isFinished || recorder.endsEarly else {
            throw CommandError("stopped at step \(trainer.step) of \(trainer.totalSteps); --resume goes on from there")
        }
        if !trainer.isFinished {
            display.say(
                "ended at step \(trainer.step) of \(trainer.totalSteps): \(recorder.best.evaluationsWithoutGain) evaluations "
                    + "without a gain (training.early_stopping_patience)")
        }
        try takeBest(recorder.best, display)
        try opened.adapted.weights.write(to: output.folder)
        display.say("adapter written to \(output.folder.path)")
        try AdapterPortability.notices(inFolder: output.folder).forEach(display.say)
    }
}

extension LocalRun {
    /// Goes back to the adapter of the best evaluation, where that is asked for.
    private func takeBest(_ best: BestCheckpoint, _ display: ProgressDisplay) throws {
        let arguments = opened.configuration.training
        guard arguments.loadBestModelAtEnd, let step = best.step, let value = best.value else { return }
        if step != trainer.step { try opened.adapted.weights.restore(from: output.checkpoints.url(step)) }
        display.say(
            "the best evaluation is that of step \(step): \(arguments.metricForBestModel.rawValue) "
                + String(format: "%.4f", value))
    }
}

extension LaneCount {
    /// The number of threads: as many as the machine has cores unless fixed.
    var resolved: Int {
        switch self {
        case .automatic: ProcessInfo.processInfo.activeProcessorCount
        case .fixed(let count): count
        }
    }
}
