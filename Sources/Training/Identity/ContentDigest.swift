import Crypto
public import Foundation

/// SHA-256 of some contents, independent of names and places.
public struct ContentDigest: Hashable, Sendable, LosslessStringConvertible {
    /// 64 hexadecimal digits.
    public let description: String

    /// Takes a digest that was written down; `nil` unless it is 64 lowercase hexadecimal digits.
    public init?(_ description: String) {
        guard description.utf8.count == 64, description.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
        else { return nil }
        self.description = description
    }

    fileprivate init(_ digest: SHA256Digest) {
        description = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

/// Computes a `ContentDigest` of several values. Each is preceded by its length, so that `ab`, `c` differs from `a`, `bc`.
public struct ContentHasher: Sendable {
    private var hash = SHA256()

    /// Nothing yet.
    public init() {}

    /// Adds a number.
    public mutating func add(_ number: Int) {
        withUnsafeBytes(of: Int64(number).littleEndian) { hash.update(bufferPointer: $0) }
    }

    /// Adds bytes.
    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        add(bytes.count)
        hash.update(bufferPointer: bytes)
    }

    /// Adds bytes.
    public mutating func add(_ data: Data) { data.withUnsafeBytes { add($0) } }

    /// Adds a text, by its UTF-8.
    public mutating func add(_ text: String) { add(Data(text.utf8)) }

    /// Adds the digest of something else.
    public mutating func add(_ digest: ContentDigest) { add(digest.description) }

    /// The digest of all that was added.
    public var digest: ContentDigest { ContentDigest(hash.finalize()) }
}
