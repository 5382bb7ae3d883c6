/// What a run file may say about aggregation; each aggregator looks at what concerns it.
public struct AggregationOptions: Sendable, Equatable {
    /// The share of updates that a trimmed mean leaves out at either end of each coordinate, 0 ≤ β < ½.
    public var trimmedShare = 0.2
    /// How many of the updates may be arbitrary (f of Krum and Multi-Krum).
    public var faultyWorkers = 1
    /// The length that a norm bound clips each update's difference to.
    public var normBound: Double?
    /// Where factors are drawn anew, what their numbers depend on.
    public var seed: UInt64 = 0

    /// The defaults.
    public init() {}
}
