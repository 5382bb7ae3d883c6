public import Transports

/// A unit of work that a round consists of.
public struct PlannedTask: Equatable, Sendable {
    /// Unique within the round.
    public let id: UInt64
    /// The only worker that can do it, because the data lies there; nil where any can.
    public let worker: WorkerID?

    /// Plans a task.
    public init(id: UInt64, worker: WorkerID? = nil) {
        self.id = id
        self.worker = worker
    }
}

/// What has to come in before a round can be committed.
public struct RoundPlan: Equatable, Sendable {
    /// The tasks.
    public var tasks: [PlannedTask]
    /// Results without which the round cannot close; all of them by default.
    public var minimum: Int
    /// Time after which the round closes with those results that are in, if they are enough; nil waits for all.
    public var deadline: Duration?

    /// Plans a round.
    public init(tasks: [PlannedTask], minimum: Int? = nil, deadline: Duration? = nil) {
        self.tasks = tasks
        self.minimum = minimum ?? tasks.count
        self.deadline = deadline
    }
}
