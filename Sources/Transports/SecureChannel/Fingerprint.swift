import Crypto
import Foundation

/// The short name of a public key: the first 16 bytes of its SHA-256, as 32 hexadecimal digits.
///
/// It names keys in lists, logs and revocations. Two keys with one fingerprint would take 2⁶⁴ key pairs to find, and a
/// second key for a given fingerprint 2¹²⁸.
public struct Fingerprint: Hashable, Comparable, Sendable, LosslessStringConvertible {
    /// 32 lowercase hexadecimal digits.
    public let description: String

    /// The fingerprint of a public key's bytes.
    init(of key: Data) {
        description = SHA256.hash(data: key).prefix(16).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    /// Reads the 32 digits; nil where there are more, fewer, or others.
    public init?(_ text: String) {
        let digits = text.lowercased()
        guard digits.utf8.count == 32, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
        description = digits
    }

    /// Orders by the digits.
    public static func < (first: Self, second: Self) -> Bool { first.description < second.description }
}

/// How a worker is named: the fingerprint of its public key.
public typealias WorkerID = Fingerprint

extension Fingerprint: Codable, CodingKeyRepresentable {
    /// The digits, as the key of a dictionary.
    public var codingKey: any CodingKey { description.codingKey }

    /// Reads a dictionary's key.
    public init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }

    /// Reads the digits.
    ///
    /// - Throws: `DecodingError` where the text is no fingerprint.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let fingerprint = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a fingerprint has 32 hex digits")
        }
        self = fingerprint
    }

    /// Writes the digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
