/// What a run can go on from.
public struct SnapshotRecord: Sendable, Equatable {
    /// The round after which it was taken.
    public var round: Int
    /// Its parts, by name.
    public var blobs: [String: BlobID]
}
