public import Foundation

/// A round, as the store keeps it.
public struct RoundRecord: Sendable, Equatable {
    /// Whether the round counts.
    public enum State: String, Sendable {
        /// Begun; lorad writes none of these.
        case open
        /// Its result and all that belongs to it is on disk.
        case committed
    }

    /// Its number; each is higher than the one before.
    public var index: Int
    /// Whether it counts.
    public var state: State
    /// The state that the workers started from.
    public var base: BlobID?
    /// The state that came out.
    public var result: BlobID?
    /// When it was begun.
    public var started: Date
    /// When it was committed.
    public var committed: Date?
    /// The token-weighted mean loss of its contributions.
    public var loss: Double?
    /// Anything else worth keeping, a JSON object.
    public var metrics: String
    /// Bytes that the coordinator received for it.
    public var bytesIn: Int
    /// Bytes that the coordinator sent for it.
    public var bytesOut: Int
}
