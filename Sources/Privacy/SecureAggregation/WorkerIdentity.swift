public import Crypto
public import Foundation

/// A worker's long-term public Ed25519 key, which is also its name in secure aggregation: so no list of names can be
/// bent to give a worker another key.
public struct WorkerIdentity: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The bytes of an identity.
    public static let byteCount = 32

    /// The key's 32 bytes.
    public let bytes: Data

    /// The identity of a key.
    public init(_ key: Curve25519.Signing.PublicKey) { bytes = key.rawRepresentation }

    /// The identity of a key's 32 bytes.
    ///
    /// - Throws: ``PrivacyError/Code/malformed`` for another number of bytes.
    public init(bytes: Data) throws {
        guard bytes.count == Self.byteCount else {
            throw PrivacyError(.malformed, "a worker's signing key has \(bytes.count) bytes, not \(Self.byteCount)")
        }
        self.init(checked: Data(bytes))
    }

    /// The identity that a text names: 64 hexadecimal digits.
    ///
    /// - Throws: ``PrivacyError/Code/malformed`` for anything else.
    public init(text: String) throws {
        let digits = Array(text.utf8)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
            UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)
        }
        guard digits.count == 2 * Self.byteCount, bytes.count == Self.byteCount else {
            throw PrivacyError(.malformed, "\(text) is no signing key: one has 64 hexadecimal digits")
        }
        self.init(checked: Data(bytes))
    }

    /// All 64 hexadecimal digits.
    public var text: String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    init(checked bytes: Data) { self.bytes = bytes }

    /// The bytes of a fingerprint.
    public static let fingerprintByteCount = 16

    /// The first bytes of the key's SHA-256, by which a list of trusted keys names it.
    public var fingerprint: Data { Data(SHA256.hash(data: bytes).prefix(Self.fingerprintByteCount)) }

    /// The order in which all parties number the workers.
    public static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }

    /// The first eight hexadecimal digits.
    public var description: String { String(text.prefix(8)) }

    func verifies(_ signature: Data, of message: Data) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
        return key.isValidSignature(signature, for: message)
    }
}
