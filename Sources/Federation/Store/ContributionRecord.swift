/// A worker's answer to one task of a round.
public struct ContributionRecord: Sendable, Equatable {
    /// What became of it.
    public enum State: String, Sendable {
        case accepted
        case refused
        /// It came after another worker's answer to the same task, or after the round.
        case late
        /// The worker did not answer in time.
        case expired
    }

    /// The round's number.
    public var round: Int
    /// The task's number within the round.
    public var task: Int
    /// The worker's fingerprint.
    public var worker: String
    /// What became of it.
    public var state: State
    /// Its weight in the sum: supervised tokens, or rows.
    public var weight: Double
    /// What was uploaded.
    public var blob: BlobID?
    /// The worker's figures, a JSON object.
    public var metrics: String
    /// Why it was refused.
    public var refusal: String?

    /// Creates a contribution.
    public init(
        round: Int, task: Int, worker: String, state: State, weight: Double = 0, blob: BlobID? = nil,
        metrics: String = "{}", refusal: String? = nil
    ) {
        self.round = round
        self.task = task
        self.worker = worker
        self.state = state
        self.weight = weight
        self.blob = blob
        self.metrics = metrics
        self.refusal = refusal
    }
}
