public import Foundation
public import Transports

/// The exchange of secure aggregation, between a round's last result and its commit.
public protocol SecureExchange: AnyObject, Sendable {
    /// Goes through the exchange; blocks.
    ///
    /// - Parameters:
    ///   - limit: how long a worker that is there may take for an answer.
    ///   - present: the workers that take part still; called several times a second, so that they are told what is new.
    ///   - sending: the workers of whose uploads something has come lately, which may take longer.
    /// - Throws: `FederationError.roundLost` where too few workers are left: the round is planned again then; `.roundSpent`
    ///   where shares were asked for already: `commit` goes on with the next round.
    func exchange(limit: Duration, present: () -> Set<WorkerID>, sending: () -> Set<WorkerID>) throws
    /// What the last exchange has shown of its workers; asked for after it, whether it threw or not.
    func takeFindings() -> ExchangeFindings
    /// Takes what a worker says.
    ///
    /// - Throws: what is wrong with it; the exchange goes on as if it had not come.
    func take(_ message: ExchangeMessage, of task: UInt64, from worker: WorkerID) throws
    /// What a worker is told next.
    func turn(for worker: WorkerID, of task: UInt64) -> ExchangeTurn
    /// Ends `exchange` soon, with `FederationError.cancelled`.
    func interruptExchange()
}

/// What a worker says in the exchange of secure aggregation.
public enum ExchangeMessage: Sendable {
    /// A signed message.
    case message(Data)
    /// Its masked vector, as `MaskedVector.encoded` writes it.
    case vector(Data)
}
