public import Transports

/// Something that happened in a run: what the log, the table and the store are told.
public enum CoordinatorEvent: Equatable, Sendable {
    /// A worker has come, or come back.
    case joined(Member)
    /// A worker has gone silent; what it held is given to another.
    case fellSilent(Member, held: TaskKey?)
    /// A worker said goodbye.
    case left(Member, reason: String)
    /// A worker may not take part any more.
    case excluded(Member, reason: String)
    /// A worker provably broke the protocol of secure aggregation. It is left out of the rest of the run, whoever coordinates
    /// it: to be made durable.
    case barred(Member, reason: String)
    /// A worker that was silent in an exchange sits out this number of rounds.
    case leftOut(Member, rounds: Int)
    /// A worker is left out of the exchanges, beginning with this round's, because it and the others do not accept one another's
    /// signing keys.
    case distrusted(Member, round: Int, reason: String)
    /// A masked sum had numbers that honest workers cannot have sent; nobody can tell who did.
    case outOfRange(round: Int, numbers: Int)
    /// A round has begun.
    case roundOpened(round: Int, tasks: Int)
    /// A result counts.
    case counted(TaskKey, WorkerID, ContributionMetrics)
    /// A result came too late to count.
    case late(TaskKey, WorkerID)
    /// A result is not valid.
    case refused(TaskKey, WorkerID, reason: String)
    /// A worker could not do a task.
    case taskFailed(TaskKey, WorkerID, reason: String)
    /// A round closes with fewer results than it has tasks.
    case closedEarly(round: Int, results: Int, tasks: Int)
    /// Too few results are in at the deadline.
    case waitingBeyondDeadline(round: Int, results: Int, needed: Int)
    /// The run waits for workers that are not there, and has done so for a while.
    case stalled(Shortage)
    /// A round of secure aggregation ended without a sum; it is begun anew.
    case roundLost(round: Int, reason: String)
    /// A round of secure aggregation ended without a sum after shares were asked for. The run continues with the next round.
    case roundGivenUp(round: Int, reason: String)
    /// No further round begins until the run is resumed.
    case paused
    /// Rounds begin again.
    case resumed
    /// The open round's deadline was moved.
    case deadlineExtended(round: Int, by: Duration)
    /// A round is done.
    case committed(RoundReport)
    /// The run ends before its last round, with what its rounds have come to: no privacy budget allows another.
    case endedEarly(rounds: Int, reason: String)
    /// The run is done.
    case finished
    /// The run cannot go on.
    case failed(reason: String)
}
