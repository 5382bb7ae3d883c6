/// How a blob is cut into chunks, and the SHA-256 of each: every chunk can be verified by itself, in any order, and the
/// whole needs no second pass.
public struct BlobManifest: Hashable, Sendable {
    /// The chunk size that is used unless another is asked for: 1 MiB.
    public static let defaultChunkSize = 1 << 20

    /// The blob's name.
    public let id: BlobID
    /// The blob's bytes.
    public let size: Int
    /// Bytes of every chunk but the last, which may be shorter.
    public let chunkSize: Int
    /// The digest of each chunk, in order.
    public let chunkDigests: [ContentDigest]

    /// - Precondition: The digests are as many as the chunks, and the measures have been checked against limits.
    init(size: Int, chunkSize: Int, chunkDigests: [ContentDigest]) {
        precondition(chunkDigests.count == Self.chunkCount(size: size, chunkSize: chunkSize))
        self.size = size
        self.chunkSize = chunkSize
        self.chunkDigests = chunkDigests
        id = BlobID(digest: ContentDigest(of: Self.encoding(size: size, chunkSize: chunkSize, chunkDigests)))
    }

    /// Number of chunks; none for an empty blob.
    public var chunkCount: Int { chunkDigests.count }

    /// The bytes of the blob that chunk `index` holds.
    ///
    /// - Precondition: There is such a chunk.
    public func range(of index: Int) -> Range<Int> {
        precondition(chunkDigests.indices.contains(index), "chunk \(index) of \(chunkCount)")
        let start = index * chunkSize
        return start..<start + min(chunkSize, size - start)
    }

    /// Checks the index of a chunk that comes from elsewhere.
    ///
    /// - Throws: `FederationError.protocolViolation` unless the blob has such a chunk.
    public func check(_ index: Int) throws {
        guard chunkDigests.indices.contains(index) else {
            throw FederationError(
                .protocolViolation, "chunk \(index) of blob \(id.shortText), which has \(chunkCount) chunks")
        }
    }

    /// Checks a chunk's bytes against its length and digest.
    ///
    /// - Throws: `FederationError.protocolViolation` that says what differs.
    func verify(_ chunk: UnsafeRawBufferPointer, at index: Int) throws {
        try check(index)
        let expected = range(of: index).count
        guard chunk.count == expected else {
            throw FederationError(
                .protocolViolation,
                "chunk \(index) of blob \(id.shortText) has \(expected) bytes, found \(chunk.count): send it again")
        }
        guard ContentDigest(of: chunk) == chunkDigests[index] else {
            throw FederationError(
                .protocolViolation, "chunk \(index) of blob \(id.shortText) was damaged on its way: send it again")
        }
    }

    static func chunkCount(size: Int, chunkSize: Int) -> Int { size / chunkSize + (size % chunkSize == 0 ? 0 : 1) }
}
