internal import Crypto
public import Foundation

/// A SHA-256 digest (FIPS 180-4), 32 bytes.
public struct ContentDigest: Hashable, Sendable {
    /// Bytes of a digest.
    public static let byteCount = 32

    private let first, second, third, fourth: UInt64  // the bytes as they lie in memory

    /// Takes the digest from the first 32 of the bytes.
    ///
    /// - Precondition: There are 32 bytes at least.
    init(_ bytes: UnsafeRawBufferPointer) {
        first = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        third = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        fourth = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    }

    /// The digest with these bytes, or nil unless there are 32.
    public init?(bytes: Data) {
        guard bytes.count == Self.byteCount else { return nil }
        self = bytes.withUnsafeBytes { Self($0) }
    }

    /// The digest of what `visit` hands over, piece after piece.
    init(visiting visit: ((UnsafeRawBufferPointer) -> Void) throws -> Void) rethrows {
        var hash = SHA256()
        try visit { hash.update(bufferPointer: $0) }
        self = hash.finalize().withUnsafeBytes { Self($0) }
    }

    /// The digest of some bytes.
    public init(of bytes: Data) {
        self = bytes.withUnsafeBytes { Self(of: $0) }
    }

    /// The digest of some bytes.
    init(of bytes: UnsafeRawBufferPointer) {
        self.init(visiting: { update in update(bytes) })
    }

    /// The 32 bytes.
    public var bytes: Data {
        var data = Data(capacity: Self.byteCount)
        append(to: &data)
        return data
    }

    func append(to data: inout Data) {
        withUnsafeBytes(of: self) { data.append(contentsOf: $0) }
    }
}
