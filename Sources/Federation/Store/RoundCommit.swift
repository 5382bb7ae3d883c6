/// Everything that becomes true at once when a round is done.
public struct RoundCommit: Sendable {
    /// The round's number.
    public var index: Int
    /// What the run goes on from, by name, such as the adapter and the optimizer's state.
    public var snapshot: [String: Blob]
    /// The state that came out.
    public var result: BlobID?
    /// The token-weighted mean loss.
    public var loss: Double?
    /// Anything else worth keeping, a JSON object.
    public var metrics: String
    /// Bytes that the coordinator received for it.
    public var bytesIn: Int
    /// Bytes that the coordinator sent for it.
    public var bytesOut: Int
    /// What it adds to the ledger.
    public var ledger: [LedgerEntry]

    /// Creates a commit.
    public init(
        index: Int, snapshot: [String: Blob], result: BlobID? = nil, loss: Double? = nil, metrics: String = "{}",
        bytesIn: Int = 0, bytesOut: Int = 0, ledger: [LedgerEntry] = []
    ) {
        self.index = index
        self.snapshot = snapshot
        self.result = result
        self.loss = loss
        self.metrics = metrics
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
        self.ledger = ledger
    }
}
