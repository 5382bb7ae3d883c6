import Tensors

/// Everything that a run writes about itself into its output folder, kept together.
///
/// `trainer_log.jsonl` and TensorBoard events (`runs/`) grow with each record; `loss.svg` is drawn anew.
public final class RunReports {
    private let log: TrainerLog
    private let events: TensorBoardWriter
    private let chartPath: String
    private var records: [LogRecord]

    /// Opens the reports of a run.
    ///
    /// - Parameters:
    ///   - folder: The run's output folder.
    ///   - step: The step that the run begins at or resumes from; what was logged after it is taken back.
    ///   - clock: The time, in seconds since 1970.
    /// - Throws: `TensorError` or `TrainingError` where the folder cannot be written to.
    public init(folder: String, resumingFromStep step: Int = 0, clock: @escaping () -> Double = TensorBoardWriter.now)
        throws
    {
        log = TrainerLog(path: "\(folder)/trainer_log.jsonl")
        chartPath = "\(folder)/loss.svg"
        records = try log.rewind(toStep: step)
        events = try TensorBoardWriter(folder: "\(folder)/runs", firstStep: step + 1, clock: clock)
    }

    /// Adds a record to all reports.
    public func add(_ record: LogRecord) throws {
        records.append(record)
        try log.append(record)
        try events.write(record.measurements, step: record.step)
        try AtomicFile.write(LossChart(records).svg(), to: chartPath)
    }
}
