public import Foundation

/// The canonical encoding: 8 bytes `lorblob1`, the blob's size and the chunk size as 64-bit little-endian numbers, then
/// 32 bytes a chunk. A blob has one encoding only, so its SHA-256 names the blob.
extension BlobManifest {
    private static let magic = Array("lorblob1".utf8)
    private static let headerSize = 24

    /// The canonical encoding, 24 bytes and 32 a chunk.
    public var encoded: Data { Self.encoding(size: size, chunkSize: chunkSize, chunkDigests) }

    /// Reads an encoding; everything it claims is checked before memory is taken for it.
    ///
    /// - Throws: `FederationError.protocolViolation` for what is not an encoding or exceeds the limits.
    public init(decoding data: Data, limits: BlobLimits) throws {
        guard data.count >= Self.headerSize, data.prefix(8).elementsEqual(Self.magic) else {
            throw FederationError(.protocolViolation, "\(data.count) bytes that are no blob's manifest")
        }
        let (size, chunkSize) = data.withUnsafeBytes { (Self.number($0, at: 8), Self.number($0, at: 16)) }
        let count = try limits.check(size: size, chunkSize: chunkSize)
        guard data.count == Self.headerSize + count * ContentDigest.byteCount else {
            throw FederationError(
                .protocolViolation, "the manifest of a blob of \(count) chunks has \(data.count) bytes")
        }
        let digests = data.withUnsafeBytes { bytes in
            (0..<count).map { ContentDigest(UnsafeRawBufferPointer(rebasing: bytes[(24 + 32 * $0)...])) }
        }
        self.init(size: Int(size), chunkSize: Int(chunkSize), chunkDigests: digests)
    }

    static func encoding(size: Int, chunkSize: Int, _ digests: [ContentDigest]) -> Data {
        var data = Data(capacity: headerSize + digests.count * ContentDigest.byteCount)
        data.append(contentsOf: magic)
        for number in [size, chunkSize] {
            withUnsafeBytes(of: UInt64(number).littleEndian) { data.append(contentsOf: $0) }
        }
        for digest in digests { digest.append(to: &data) }
        return data
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
