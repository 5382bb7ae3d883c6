public import Foundation

/// What a worker is about to help open: the round, who began it, and whose vectors are in the sum.
public struct RevealedSum: Equatable, Sendable {
    /// The round's number.
    public let round: UInt64
    /// The digest of run, round and configuration, with what the results were made from.
    public let context: Data
    /// The workers of the list of keys.
    public let workers: [WorkerIdentity]
    /// Those whose vectors are in the sum.
    public let survivors: [WorkerIdentity]
}
