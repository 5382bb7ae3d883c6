import Crypto
public import Foundation

/// The public half of a worker's or coordinator's identity: an X25519 public key (RFC 7748), 32 bytes.
///
/// Only keys that can serve are taken: canonical, so that a key has one encoding and one fingerprint, and of large
/// order, because swift-crypto does not refuse the all-zero secret that RFC 9180 §7.1.4 wants refused.
public struct PublicIdentity: Hashable, Sendable, CustomStringConvertible {
    /// The size of a key.
    public static let byteCount = 32
    private static let characterCount = 43

    /// The key, 32 bytes.
    public let bytes: Data

    /// Checks and takes 32 bytes.
    ///
    /// - Throws: `TransportError.invalidKey` for another length, an encoding that is not canonical, or a point of small
    ///   order, with which everyone would share the same secret.
    public init(bytes: Data) throws {
        guard bytes.count == Self.byteCount else {
            throw TransportError(.invalidKey, "a public key has \(Self.byteCount) bytes; this one has \(bytes.count)")
        }
        guard Self.isCanonical(bytes), try Self.isOfLargeOrder(bytes) else {
            throw TransportError(.invalidKey, "these 32 bytes are no X25519 public key that could keep a secret")
        }
        self.bytes = Data(bytes)
    }

    /// Reads base64url.
    ///
    /// - Throws: `TransportError.invalidKey` that says what is wrong with the text or the key.
    public init(text: some StringProtocol) throws {
        guard text.count == Self.characterCount else {
            throw TransportError(
                .invalidKey, "a public key has \(Self.characterCount) characters; this one has \(text.count)")
        }
        guard let bytes = Base64URL.decode(text) else {
            throw TransportError(
                .invalidKey, "'\(String(text).printable())' is no key in base64url: a character is wrong")
        }
        try self.init(bytes: bytes)
    }

    /// Takes a key that this process made.
    init(_ key: Curve25519.KeyAgreement.PublicKey) { bytes = key.rawRepresentation }

    /// The key in base64url, 43 characters.
    public var text: String { Base64URL.encode(bytes) }

    /// The key in base64url.
    public var description: String { text }

    /// The key's short name.
    public var fingerprint: Fingerprint { Fingerprint(of: bytes) }

    func agreementKey() throws -> Curve25519.KeyAgreement.PublicKey {
        try Curve25519.KeyAgreement.PublicKey(rawRepresentation: bytes)
    }

    /// Whether the little-endian number is below 2²⁵⁵ − 19.
    private static func isCanonical(_ bytes: Data) -> Bool {
        let digits = [UInt8](bytes)
        guard digits[31] <= 0x7F else { return false }
        return digits[0] < 0xED || digits[31] != 0x7F || digits[1...30].contains { $0 != 0xFF }
    }

    /// Any private key will do: all are multiples of the cofactor 8.
    private static let probe = Curve25519.KeyAgreement.PrivateKey()

    /// Whether the product with a private key is other than zero.
    private static func isOfLargeOrder(_ bytes: Data) throws -> Bool {
        let point = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: bytes)
        let product = try probe.sharedSecretFromKeyAgreement(with: point)
        return product.withUnsafeBytes { $0.contains { $0 != 0 } }
    }
}

extension PublicIdentity: Codable {
    /// Reads base64url.
    ///
    /// - Throws: `DecodingError`, or `TransportError.invalidKey` where the text is no key.
    public init(from decoder: any Decoder) throws {
        try self.init(text: try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes base64url.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
