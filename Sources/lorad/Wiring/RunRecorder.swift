import Foundation
import Synchronization
import Training

/// What is logged and evaluated after each step of a run.
final class RunRecorder: Sendable {
    private struct State {
        let reports: RunReports
        var window = LogWindow()
        var best: BestCheckpoint
    }

    private let arguments: TrainingArguments
    private let display: ProgressDisplay
    private let firstStep: Int
    private let evaluate: @Sendable () throws -> Evaluation?
    private let state: Mutex<State>
    private let started = Date()

    /// Creates a recorder.
    ///
    /// - Parameters:
    ///   - firstStep: steps that were taken before this process began.
    ///   - best: the best evaluation until then.
    ///   - evaluate: evaluates the adapter as it is, where there is something to evaluate on.
    init(
        arguments: TrainingArguments, reports: sending RunReports, display: ProgressDisplay, firstStep: Int,
        best: BestCheckpoint = BestCheckpoint(), evaluate: @escaping @Sendable () throws -> Evaluation?
    ) {
        self.arguments = arguments
        state = Mutex(State(reports: reports, best: best))
        self.display = display
        self.firstStep = firstStep
        self.evaluate = evaluate
    }

    /// The best evaluation so far.
    var best: BestCheckpoint { state.withLock { $0.best } }

    /// Whether evaluations have not gained for so long that the run is to end.
    var endsEarly: Bool { best.ends(arguments) }

    /// Records a step.
    ///
    /// - Parameters:
    ///   - isFinished: Whether it was the run's last.
    ///   - isStopping: Whether no other follows in this process.
    /// - Returns: whether a checkpoint is to be saved, and what the adapter is worth now where that was looked at.
    func finish(
        _ report: StepReport, isFinished: Bool, isStopping: Bool
    ) throws -> (isDue: Bool, evaluation: Evaluation?) {
        state.withLock { $0.window.add(report) }
        let isLast = isFinished || isStopping
        let isLogged = report.step % arguments.loggingSteps == 0 || isLast
        show(report, isLogged: isLogged)
        var record =
            isLogged ? state.withLock { $0.window.record() } : LogRecord(step: report.step, epoch: report.epoch)
        let evaluation = try evaluate(&record, isLast: isFinished)
        let isBest = state.withLock { state in
            evaluation.map {
                state.best.add(arguments.metricForBestModel.value(of: $0), step: report.step, arguments)
            } ?? false
        }
        if isLogged || evaluation != nil { try state.withLock { [record] in try $0.reports.add(record) } }
        if isLast { try draw() }
        let isDue =
            arguments.saveSteps > 0 && report.step % arguments.saveSteps == 0 || isLast || endsEarly
            || isBest && arguments.loadBestModelAtEnd
        return (isDue, evaluation)
    }

    /// Draws the loss curve up to the last record.
    func draw() throws { try state.withLock { try $0.reports.draw() } }

    private func evaluate(_ record: inout LogRecord, isLast: Bool) throws -> Evaluation? {
        let isDue = arguments.evalSteps.map { record.step % $0 == 0 } ?? false
        guard isDue || isLast, let evaluation = try evaluate() else { return nil }
        record.add(evaluation)
        display.say(
            String(
                format: "step %d: validation loss %.4f, %@ %.1f%% of %d examples", record.step, evaluation.loss,
                evaluation.criterion.rawValue, 100 * evaluation.exactMatch, evaluation.rows))
        return evaluation
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
        let supervised: Int = reports.reduce(0) { $0 + $1.supervisedTokens }
        var record = LogRecord(step: last.step, epoch: last.epoch)
        let loss: Double = reports.reduce(0) { $0 + $1.loss * Double($1.supervisedTokens) }
        record.loss = loss / Double(max(1, supervised))
        record.learningRate = last.learningRate
        record.gradNorm = last.gradientNorm
        record.supervisedTokens = supervised
        let tokens: Int = reports.reduce(0) { $0 + $1.tokens }
        let seconds: Double = reports.reduce(0) { $0 + $1.seconds }
        record.tokensPerSecond = Double(tokens) / max(seconds, 1e-9)
        return record
    }
}
