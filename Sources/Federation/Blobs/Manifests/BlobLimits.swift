/// What a manifest from elsewhere may claim.
public struct BlobLimits: Sendable, Equatable {
    /// The largest blob, in bytes.
    public var size: Int
    /// The chunk sizes, in bytes, that are allowed.
    public var chunkSizes: ClosedRange<Int>
    /// The most chunks, which bounds the memory of a manifest (32 bytes a chunk).
    public var chunks: Int

    /// Creates limits; those left out allow chunks of 64 KiB to 16 MiB and manifests of 2 MiB.
    public init(size: Int, chunkSizes: ClosedRange<Int> = 64 << 10...16 << 20, chunks: Int = 1 << 16) {
        self.size = size
        self.chunkSizes = chunkSizes
        self.chunks = chunks
    }

    /// What this machine makes itself is bounded by the format alone.
    static let format = BlobLimits(size: 1 << 50, chunkSizes: 1...1 << 30, chunks: 1 << 26)

    /// Checks a blob's measures.
    ///
    /// - Returns: The number of chunks.
    /// - Throws: `FederationError.protocolViolation` that says which limit they exceed.
    func check(size: UInt64, chunkSize: UInt64) throws -> Int {
        guard size <= UInt64(clamping: self.size) else {
            throw FederationError(.protocolViolation, "a blob of \(size) bytes is announced, the limit is \(self.size)")
        }
        guard let chunk = Int(exactly: chunkSize), chunkSizes.contains(chunk), chunk > 0 else {
            throw FederationError(
                .protocolViolation, "a blob in chunks of \(chunkSize) bytes is announced, allowed are \(chunkSizes)")
        }
        let count = BlobManifest.chunkCount(size: Int(size), chunkSize: chunk)
        guard count <= chunks else {
            throw FederationError(.protocolViolation, "a blob of \(count) chunks is announced, the limit is \(chunks)")
        }
        return count
    }
}
