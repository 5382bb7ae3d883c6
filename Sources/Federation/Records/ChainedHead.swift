import Crypto
import Foundation

/// How long a log of chained lines is, signed: lines that were cut off at its end are missed by it.
struct ChainedHead: Codable, Equatable, Sendable {
    /// Lines so far.
    let lines: Int
    /// Bytes of them, line feeds included; `nil` in heads of transcripts, which are read from their beginning each time.
    let length: Int?
    /// The digest of the last one.
    let last: String
    /// Of all of these.
    private(set) var signature = ""

    /// Signs a head.
    init(lines: Int, length: Int?, last: String, of log: ChainedLog, key: Curve25519.Signing.PrivateKey) throws {
        (self.lines, self.length, self.last) = (lines, length, last)
        signature = Hexadecimal.encode(try key.signature(for: signed(log)))
    }

    /// Reads a head.
    ///
    /// - Returns: `nil` for one that cannot be read, or that another has signed.
    init?(_ data: Data, of log: ChainedLog, signer: Curve25519.Signing.PublicKey) {
        guard let head = try? JSONDecoder().decode(Self.self, from: data), head.lines >= 0, head.length ?? 0 >= 0,
            let signature = Hexadecimal.decode(head.signature),
            signer.isValidSignature(signature, for: head.signed(log))
        else { return nil }
        self = head
    }

    private func signed(_ log: ChainedLog) -> Data {
        Data("\(log.headPurpose)\(lines)\n\(length.map { "\($0)\n" } ?? "")\(last)\n".utf8)
    }

    /// Compares what the head says with the lines that are there. The head is written after a line, so there may be one more.
    ///
    /// - Parameters:
    ///   - count: number of lines.
    ///   - digests: the digests of the last line and of the one before.
    /// - Throws: `FederationError.corruptState` saying what is missing.
    func check(_ count: Int, digests: (last: String, before: String), of log: ChainedLog) throws {
        guard lines <= count else {
            throw FederationError(
                .corruptState, "has \(count) lines, and had \(lines): those at the end were cut off")
        }
        guard count <= lines + 1, (lines == count ? digests.last : digests.before) == last else {
            throw FederationError(
                .corruptState, "line \(lines) is not the one that the file \(log.headName) names")
        }
    }
}
