/// How long things may take between a coordinator and its workers.
public struct Timing: Equatable, Sendable {
    /// Silence after which a worker's task is given to another.
    public var patience: Duration
    /// How often a worker at work says that it is.
    public var heartbeat: Duration
    /// How long a question for work may stay unanswered.
    public var longPoll: Duration

    /// Creates the times that follow from `patience`.
    public init(patience: Duration = .seconds(30)) {
        self.patience = patience
        heartbeat = patience / 4
        longPoll = min(.seconds(20), patience / 2)
    }
}
