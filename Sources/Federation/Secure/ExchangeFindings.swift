import Privacy
public import Transports

/// What an exchange of secure aggregation has shown of its workers.
public struct ExchangeFindings: Equatable, Sendable {
    /// Workers that provably broke the protocol, and how.
    public var misconduct: [WorkerID: String] = [:]
    /// Workers whose silence ended the exchange, which proves nothing.
    public var missed: Set<WorkerID> = []
    /// Workers that were there and let a stage pass without an answer.
    public var late: Set<WorkerID> = []
    /// Workers whose answers the sum could rely on.
    public var faithful: Set<WorkerID> = []

    /// Nothing yet.
    public init() {}
}
