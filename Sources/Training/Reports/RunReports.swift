import Tensors

/// All reports that a run writes into its output folder.
///
/// `trainer_log.jsonl` and TensorBoard events (`runs/`) grow with each record; `loss.svg` is redrawn every few seconds
/// at most, after each evaluation, and when the reports are released.
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
    ///   - step: The step at which the run starts or resumes; later log records are removed.
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

    /// Records in the log with which settings a run was resumed.
    ///
    /// - Parameters:
    ///   - epoch: the number of epochs so far.
    /// - Throws: `TrainingError` if the log cannot be written.
    public func add(_ resumption: TrainingRecord.Resumption, epoch: Double) throws {
        var record = LogRecord(step: resumption.step, epoch: epoch)
        record.resumedWith = resumption.changes
        records.append(record)
        try log.append(record)
    }

    /// Redraws the chart if records were added since the last drawing.
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
