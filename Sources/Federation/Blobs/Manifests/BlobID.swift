public import Foundation

/// The name of a blob: the SHA-256 of its manifest's encoding, which in turn holds the digests of its chunks.
///
/// Equal contents cut into chunks of equal size have the same name, everywhere.
public struct BlobID: Hashable, Comparable, CustomStringConvertible, Sendable {
    /// The digest of the manifest.
    public let digest: ContentDigest

    init(digest: ContentDigest) { self.digest = digest }

    /// The name with these 32 bytes.
    ///
    /// - Throws: `FederationError.protocolViolation` for another number of bytes.
    public init(bytes: Data) throws {
        guard let digest = ContentDigest(bytes: bytes) else {
            throw FederationError(.protocolViolation, "a blob's name has 32 bytes, found \(bytes.count)")
        }
        self.digest = digest
    }

    /// The name written as 64 hexadecimal digits.
    ///
    /// - Throws: `FederationError.protocolViolation` for anything else.
    public init(text: String) throws {
        let bytes = Hexadecimal.decode(text)
        guard let digest = bytes.flatMap({ ContentDigest(bytes: $0) }) else {
            throw FederationError(
                .protocolViolation, "a blob's name is 64 hexadecimal digits, found \(text.prefix(80).debugDescription)")
        }
        self.digest = digest
    }

    /// The 32 bytes.
    public var bytes: Data { digest.bytes }
    /// 64 lower-case hexadecimal digits.
    public var text: String { Hexadecimal.encode(bytes) }
    /// The first digits, enough for a log line.
    public var shortText: String { String(text.prefix(12)) }
    /// The same as `text`.
    public var description: String { text }

    /// In the order of the bytes.
    public static func < (left: BlobID, right: BlobID) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}
