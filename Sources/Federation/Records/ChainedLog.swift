import Crypto
import Foundation

/// A kind of log whose lines name each other: what tells its signatures from those of other kinds, and how messages call it.
struct ChainedLog: Sendable {
    /// What a signature covers before a line.
    let purpose: String
    /// What a signature covers before a head.
    let headPurpose: String
    /// What a log of this kind is called.
    let name: String
    /// What a signer is called, with a space behind it.
    let signerTitle: String
    /// The file that holds a log's head, as messages name it.
    let headName: String

    /// What people asked of a run.
    static let audit = ChainedLog(
        purpose: "lorad audit log 1\n", headPurpose: "lorad audit log 1\nhead\n", name: "log", signerTitle: "",
        headName: AuditTrail.headName)
    /// What a worker has given away.
    static let transcript = ChainedLog(
        purpose: "lorad transcript 1\n", headPurpose: "lorad transcript head 1\n", name: "transcript",
        signerTitle: "worker ", headName: ".head")

    /// What stands before the first line.
    static let beginning = String(repeating: "0", count: 64)
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")

    static func digest(of bytes: Data) -> String { Hexadecimal.encode(SHA256.hash(data: bytes)) }

    func title(of signer: Curve25519.Signing.PublicKey) -> String {
        signerTitle + Hexadecimal.encode(signer.rawRepresentation)
    }
}
