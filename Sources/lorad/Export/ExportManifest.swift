import Crypto
import Foundation

/// What an export holds: every other member with its digest, and whose signature it bears.
struct ExportManifest: Codable, Equatable {
    /// A member.
    struct Entry: Codable, Equatable {
        var name: String
        var size: Int
        var sha256: String
    }

    static let fileName = "manifest.json"
    /// The member with the signature of the manifest's bytes.
    static let signatureName = "manifest.sig"
    static let currentFormat = "lorad run export 1"
    private static let purpose = Data("lorad run export manifest 1\n".utf8)

    var format = Self.currentFormat
    /// The release that wrote it.
    var lorad: String
    var run: String
    /// The coordinator's public key, as in its join lines.
    var coordinator: String
    /// The Ed25519 key of the coordinator's records, which signs this and the audit log; 64 hexadecimal digits.
    var signer: String
    /// Every member but this one and its signature, by name.
    var members: [Entry]

    /// The bytes that are signed.
    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    /// The two members of a manifest: itself and its signature.
    static func members(
        _ manifest: ExportManifest, key: Curve25519.Signing.PrivateKey
    ) throws -> [ExportMember] {
        let data = try manifest.encoded()
        let signature = try key.signature(for: purpose + data).hexadecimal
        return [ExportMember(fileName, data), ExportMember(signatureName, Data((signature + "\n").utf8))]
    }

    /// Whether a signature of a manifest's bytes is the signer's.
    static func isSigned(_ data: Data, by signer: Curve25519.Signing.PublicKey, signature: Data) -> Bool {
        guard signature.last == UInt8(ascii: "\n"),
            let bytes = Data(hexadecimal: String(decoding: signature.dropLast(), as: UTF8.self))
        else { return false }
        return signer.isValidSignature(bytes, for: purpose + data)
    }
}

extension Data {
    /// The bytes of lower-case hexadecimal digits; `nil` for anything else.
    init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        self.init(stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }
}
