/// How a command ends, as shells and schedulers see it: the only place that knows these numbers.
///
/// Above 128 a signal has ended it: 130 and 143 after a second SIGINT or SIGTERM, 137 after SIGKILL.
enum ExitStatus: Int32 {
    /// Success.
    case done = 0
    /// It failed, and would fail again until somebody changes something.
    case failed = 1
    /// It was called wrongly.
    case usage = 2
    /// A signal or the end of a time window stopped it before it was done: run the same command again (`EX_TEMPFAIL`).
    case stopped = 75
}

/// A command that was stopped before it was done, and continues or starts over when it is run again.
struct StoppedEarly: Error, CustomStringConvertible {
    /// How far the command got, and what to run next.
    let description: String

    init(_ description: String) { self.description = description }
}
