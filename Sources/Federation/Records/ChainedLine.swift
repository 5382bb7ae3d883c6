import Crypto
import Foundation

/// A line of a log whose lines name each other: the entry as JSON with its number and the digest of the line before, a tab,
/// and an Ed25519 signature of that JSON.
struct ChainedLine<Entry: Codable & Equatable & Sendable>: Equatable, Sendable {
    private struct Content: Codable, Equatable {
        var number: Int
        /// SHA-256 of the line before, 64 zeros in the first line.
        var previous: String
        var entry: Entry
    }

    /// The line's bytes, without the line feed.
    let bytes: Data
    let entry: Entry
    /// SHA-256 of the bytes, which the next line names.
    let digest: String

    /// Signs a line.
    ///
    /// - Parameter purpose: what kind of log it belongs to; signatures of one kind are worth nothing in another.
    init(
        _ entry: Entry, number: Int, after previous: String, purpose: String, key: Curve25519.Signing.PrivateKey
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = try encoder.encode(Content(number: number, previous: previous, entry: entry))
        let signature = Hexadecimal.encode(try key.signature(for: Data(purpose.utf8) + json))
        self.init(json + [ChainedLog.tab] + Data(signature.utf8), entry)
    }

    private init(_ bytes: Data, _ entry: Entry) {
        (self.bytes, self.entry) = (bytes, entry)
        digest = ChainedLog.digest(of: bytes)
    }

    /// Reads a line and checks its place and its signature.
    ///
    /// - Throws: `FederationError.corruptState` saying what is wrong with line `number`.
    init(
        reading bytes: Data, number: Int, after previous: String, purpose: String,
        signer: Curve25519.Signing.PublicKey
    ) throws {
        guard let tab = bytes.lastIndex(of: ChainedLog.tab),
            let content = try? JSONDecoder().decode(Content.self, from: bytes[..<tab]),
            let signature = Hexadecimal.decode(String(decoding: bytes[bytes.index(after: tab)...], as: UTF8.self))
        else { throw Self.error(number, "cannot be read: it was changed") }
        guard signer.isValidSignature(signature, for: Data(purpose.utf8) + bytes[..<tab]) else {
            throw Self.error(
                number,
                "was changed, or is not signed by \(Hexadecimal.encode(signer.rawRepresentation))")
        }
        guard content.number == number else {
            throw Self.error(number, "was written as line \(content.number): lines were taken away or moved")
        }
        guard content.previous == previous else {
            throw Self.error(number, "does not follow the line before it: one of them belongs to another log")
        }
        self.init(bytes, content.entry)
    }

    private static func error(_ number: Int, _ reason: String) -> FederationError {
        FederationError(.corruptState, "line \(number) \(reason)")
    }
}

/// What logs of chained lines have in common.
enum ChainedLog {
    /// What stands before the first line.
    static let beginning = String(repeating: "0", count: 64)
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")

    static func digest(of bytes: Data) -> String { Hexadecimal.encode(SHA256.hash(data: bytes)) }
}

/// How long a log is, signed: lines that were cut off at its end are missed by it.
struct ChainedHead: Codable, Equatable, Sendable {
    /// Lines so far.
    var lines: Int
    /// Bytes of them, line feeds included.
    var length: Int
    /// The digest of the last one.
    var last: String
    /// Of all three.
    var signature = ""

    /// The head of a log without lines.
    static let empty = ChainedHead(lines: 0, length: 0, last: ChainedLog.beginning)

    private func signed(_ purpose: String) -> Data { Data("\(purpose)head\n\(lines)\n\(length)\n\(last)\n".utf8) }

    /// The head after one more line.
    func following(
        _ line: ChainedLine<some Codable & Equatable & Sendable>, purpose: String, key: Curve25519.Signing.PrivateKey
    ) throws -> ChainedHead {
        var next = ChainedHead(lines: lines + 1, length: length + line.bytes.count + 1, last: line.digest)
        next.signature = Hexadecimal.encode(try key.signature(for: next.signed(purpose)))
        return next
    }

    /// Reads a head.
    ///
    /// - Returns: `nil` for one that cannot be read, or that another has signed.
    init?(_ data: Data, purpose: String, signer: Curve25519.Signing.PublicKey) {
        guard let head = try? JSONDecoder().decode(Self.self, from: data), head.lines > 0, head.length > 0,
            let signature = Hexadecimal.decode(head.signature),
            signer.isValidSignature(signature, for: head.signed(purpose))
        else { return nil }
        self = head
    }

    private init(lines: Int, length: Int, last: String) { (self.lines, self.length, self.last) = (lines, length, last) }
}
