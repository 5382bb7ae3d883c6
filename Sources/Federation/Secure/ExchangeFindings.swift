public import Privacy
public import Transports

/// What an exchange of secure aggregation has shown of its workers.
public struct ExchangeFindings: Equatable, Sendable {
    /// A proven breach of the protocol.
    public struct Breach: Equatable, Sendable {
        /// The key that signed the evidence.
        public let identity: WorkerIdentity
        /// What was done.
        public let reason: String

        /// Describes a breach.
        public init(identity: WorkerIdentity, reason: String) { (self.identity, self.reason) = (identity, reason) }
    }

    /// Workers that provably broke the protocol.
    public var misconduct: [WorkerID: Breach] = [:]
    /// Workers whose silence ended the exchange, which proves nothing.
    public var missed: Set<WorkerID> = []
    /// Workers that were there and let a stage pass without an answer, or half of the time of one for a short message.
    public var late: Set<WorkerID> = []
    /// Workers that the others would not take part with, or that would not with them, and why.
    public var distrusted: [WorkerID: String] = [:]
    /// Whether there was no sum because too few workers accept one another.
    public var lacksTrust = false
    /// Lost workers whose masks could not be taken off because of complaints, and who complained of them: one of the two lies,
    /// and it cannot be told which.
    public var disputes: [WorkerID: Set<WorkerID>] = [:]
    /// Workers that are assumed to lie.
    public var mostLiars = 1
    /// Workers that answered to the end.
    public var faithful: Set<WorkerID> = []

    /// Nothing yet.
    public init() {}
}
