public import Tensors

/// What a worker sends at the end of a round: the new values of the tensors it trained.
public struct Update: Sendable {
    /// Whose update, and what it weighs.
    public struct Summary: Sendable, Equatable {
        /// The worker, or the task; no two updates of a round have the same.
        public var worker: String
        /// Examples that it trained on, or another positive measure; only ratios matter.
        public var weight: Double

        /// A worker and its weight.
        public init(worker: String, weight: Double) { (self.worker, self.weight) = (worker, weight) }
    }

    /// Whose it is, and its weight.
    public var summary: Summary
    /// The tensors that the round trains.
    public var state: StateDict

    /// An update of tensors in memory.
    public init(worker: String, weight: Double, state: StateDict) {
        summary = Summary(worker: worker, weight: weight)
        self.state = state
    }
}
