import Tensors

/// Everything that a run writes about itself into its output folder, kept together.
///
/// `trainer_log.jsonl` and TensorBoard events (`runs/`) grow with each record; `loss.svg` is drawn again, at most every
/// few seconds, after each evaluation, and when nobody refers to the reports any more.
public final class RunReports {
    private let log: TrainerLog
    private let events: TensorBoardWriter
    private let chartPath: String
    private let clock: () -> Double
    private var records: [LogRecord]
    private var lastDrawn: Double?
    private var isDrawn = true

    /// Seconds between two drawings: each writes the whole image and waits for the disk.
    private static let drawingInterval = 5.0

    /// Opens the reports of a run.
    ///
    /// - Parameters:
    ///   - folder: The run's output folder.
    ///   - step: The step that the run begins at or resumes from; what was logged after it is taken back.
    ///   - clock: The time, in seconds since 1970.
    /// - Throws: `TensorError` or `TrainingError` if the folder cannot be written to.
    public init(folder: String, resumingFromStep step: Int = 0, clock: @escaping () -> Double = TensorBoardWriter.now)
        throws
    {
        log = TrainerLog(path: "\(folder)/trainer_log.jsonl")
        self.clock = clock
        chartPath = "\(folder)/loss.svg"
        records = try log.rewind(toStep: step)
        events = try TensorBoardWriter(folder: "\(folder)/runs", firstStep: step + 1, clock: clock)
    }

    deinit { try? draw() }

    /// Adds a record to all reports.
    ///
    /// - Throws: `TensorError` or `TrainingError` if a file cannot be written.
    public func add(_ record: LogRecord) throws {
        records.append(record)
        isDrawn = false
        try log.append(record)
        try events.write(record.measurements, step: record.step)
        if record.evalLoss != nil || isDue { try draw() }
    }

    /// Notes in the log what a run was resumed with.
    ///
    /// - Parameters:
    ///   - epoch: how often the data had been gone through.
    /// - Throws: `TrainingError` if the log cannot be written.
    public func add(_ resumption: TrainingRecord.Resumption, epoch: Double) throws {
        var record = LogRecord(step: resumption.step, epoch: epoch)
        record.resumedWith = resumption.changes
        records.append(record)
        try log.append(record)
    }

    /// Draws what has been added since the last drawing.
    ///
    /// - Throws: `TensorError` if the image cannot be written.
    public func draw() throws {
        guard !isDrawn else { return }
        try AtomicFile.write(LossChart(records).svg(), to: chartPath)
        (isDrawn, lastDrawn) = (true, clock())
    }

    /// Whether the image is old; a clock that was put back does not keep it so.
    private var isDue: Bool {
        lastDrawn.map { abs(clock() - $0) >= Self.drawingInterval } ?? true
    }
}
