import Crypto
public import Foundation

/// A secret of 128 random bits that admits a worker the first time.
///
/// Its text carries a checksum, so that a token that was cut or mistyped is recognised before anything is sent. The
/// coordinator keeps the SHA-256 only: its state is of no use to whoever copies it.
public struct JoinToken: Sendable {
    static let byteCount = 16
    private static let checksumByteCount = 4

    let secret: Data

    /// Makes a new token from the system's randomness.
    public init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    /// Makes a new token; `generator` must be cryptographically secure outside tests.
    public init(using generator: inout some RandomNumberGenerator) {
        secret = Data((0..<Self.byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// Takes the bytes of a hello; nil for another length.
    init?(secret: Data) {
        guard secret.count == Self.byteCount else { return nil }
        self.secret = Data(secret)
    }

    /// Reads a token as `text` gives it.
    ///
    /// - Throws: `TransportError.malformed` where a character is missing or another.
    public init(text: some StringProtocol) throws {
        guard let bytes = Base64URL.decode(text), bytes.count == Self.byteCount + Self.checksumByteCount,
            let token = Self(secret: bytes.prefix(Self.byteCount)),
            token.checksum == bytes.suffix(Self.checksumByteCount)
        else {
            throw TransportError(.malformed, "the join token is damaged: copy the whole join line again")
        }
        self = token
    }

    /// The token as the join line carries it, 27 characters of base64url. It is a secret.
    public var text: String { Base64URL.encode(secret + checksum) }

    /// What the coordinator stores: SHA-256, 32 bytes.
    public var digest: Data { Data(hash) }

    /// Whether a stored digest is this token's, in time that does not depend on where they differ.
    func matches(_ digest: Data) -> Bool { hash == digest }

    private var hash: SHA256Digest { SHA256.hash(data: Data("lorad join token".utf8) + secret) }

    private var checksum: Data { Data(SHA256.hash(data: Data("lorad join token checksum".utf8) + secret)).prefix(4) }
}

extension JoinToken: CustomStringConvertible {
    /// The first digits of the digest, so that printing a token never shows it.
    public var description: String { "join token \(Base64URL.encode(digest.prefix(6)))" }
}
