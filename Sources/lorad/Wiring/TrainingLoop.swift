import Foundation
import Training

/// Steps, and what is logged, evaluated and saved between them.
struct TrainingLoop {
    let arguments: TrainingArguments
    let trainer: Trainer
    let reports: RunReports
    let display: ProgressDisplay
    let firstStep: Int
    let evaluate: () throws -> Evaluation?
    let save: () throws -> Void
    private var window = LogWindow()
    private let started = Date()

    init(
        arguments: TrainingArguments, trainer: Trainer, reports: RunReports, display: ProgressDisplay, firstStep: Int,
        evaluate: @escaping () throws -> Evaluation?, save: @escaping () throws -> Void
    ) {
        self.arguments = arguments
        self.trainer = trainer
        self.reports = reports
        self.display = display
        self.firstStep = firstStep
        self.evaluate = evaluate
        self.save = save
    }

    /// Takes steps until all are taken or a signal asks to stop; the state is saved either way.
    ///
    /// - Returns: whether all steps were taken.
    mutating func run() throws -> Bool {
        defer { display.finish() }
        while !trainer.isFinished, !StopSignal.isReceived {
            let report = try trainer.takeStep()
            window.add(report)
            try finish(report)
        }
        return trainer.isFinished
    }

    private mutating func finish(_ report: StepReport) throws {
        let isLast = trainer.isFinished || StopSignal.isReceived
        let isLogged = report.step % arguments.loggingSteps == 0 || isLast
        show(report, isLogged: isLogged)
        var record = isLogged ? window.record() : LogRecord(step: report.step, epoch: report.epoch)
        let isEvaluated = try addEvaluation(to: &record, isLast: trainer.isFinished)
        if isLogged || isEvaluated { try reports.add(record) }
        if arguments.saveSteps > 0 && report.step % arguments.saveSteps == 0 || isLast { try save() }
    }

    private func addEvaluation(to record: inout LogRecord, isLast: Bool) throws -> Bool {
        let isDue = arguments.evalSteps.map { record.step % $0 == 0 } ?? false
        guard isDue || isLast, let evaluation = try evaluate() else { return false }
        record.evalLoss = evaluation.loss
        record.evalSupervisedTokens = evaluation.supervisedTokens
        record.evalExactMatch = evaluation.exactMatch
        display.say(
            String(
                format: "step %d: validation loss %.4f, exact match %.1f%% of %d rows", record.step, evaluation.loss,
                100 * evaluation.exactMatch, evaluation.rows))
        return true
    }

    private func show(_ report: StepReport, isLogged: Bool) {
        display.update(
            ProgressState(
                step: report.step, totalSteps: report.totalSteps, firstStep: firstStep, epoch: report.epoch,
                loss: report.loss, tokensPerSecond: Double(report.tokens) / report.seconds,
                elapsed: Date().timeIntervalSince(started)), isLogged: isLogged)
    }
}

/// The steps since the last log record.
private struct LogWindow {
    private var reports: [StepReport] = []

    mutating func add(_ report: StepReport) { reports.append(report) }

    /// The record of these steps; the window is then empty.
    mutating func record() -> LogRecord {
        defer { reports.removeAll() }
        guard let last = reports.last else { return LogRecord(step: 0, epoch: 0) }
        let supervised = reports.reduce(0) { $0 + $1.supervisedTokens }
        var record = LogRecord(step: last.step, epoch: last.epoch)
        record.loss = reports.reduce(0) { $0 + $1.loss * Double($1.supervisedTokens) } / Double(max(1, supervised))
        record.learningRate = last.learningRate
        record.gradNorm = last.gradientNorm
        record.supervisedTokens = supervised
        record.tokensPerSecond =
            Double(reports.reduce(0) { $0 + $1.tokens }) / max(reports.reduce(0) { $0 + $1.seconds }, 1e-9)
        return record
    }
}
