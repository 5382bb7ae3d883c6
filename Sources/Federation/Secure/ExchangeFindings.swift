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
    /// Workers that were there and let a stage pass without an answer.
    public var late: Set<WorkerID> = []
    /// Workers whose answers the sum could rely on.
    public var faithful: Set<WorkerID> = []

    /// Nothing yet.
    public init() {}
}
