/// What a list of runs shows of one.
public struct RunSummary: Sendable, Equatable {
    /// The run.
    public var run: RunRecord
    /// The last committed round, if any.
    public var lastRound: RoundRecord?
    /// Number of workers that have ever joined.
    public var workerCount: Int
    /// The process that coordinates it now, if any.
    public var process: Int32?
}
