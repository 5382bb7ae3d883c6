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
    /// - Parameter log: the kind of log that it belongs to; signatures of one kind are worth nothing in another.
    init(
        _ entry: Entry, number: Int, after previous: String, of log: ChainedLog, key: Curve25519.Signing.PrivateKey
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = try encoder.encode(Content(number: number, previous: previous, entry: entry))
        let signature = Hexadecimal.encode(try key.signature(for: Data(log.purpose.utf8) + json))
        self.init(json + [ChainedLog.tab] + Data(signature.utf8), entry)
    }

    private init(_ bytes: Data, _ entry: Entry) {
        (self.bytes, self.entry) = (bytes, entry)
        digest = ChainedLog.digest(of: bytes)
    }

    /// Reads a line and checks its place and its signature.
    ///
    /// - Parameter signer: whose signature it must bear, by what the line says; `nil` if that cannot be told.
    /// - Throws: `FederationError.corruptState` saying what is wrong with line `number`.
    init(
        reading bytes: Data, number: Int, after previous: String, of log: ChainedLog,
        signer: (Entry) -> Curve25519.Signing.PublicKey?
    ) throws {
        guard let tab = bytes.lastIndex(of: ChainedLog.tab),
            let content = try? JSONDecoder().decode(Content.self, from: bytes[..<tab]),
            let signature = Hexadecimal.decode(String(decoding: bytes[bytes.index(after: tab)...], as: UTF8.self))
        else { throw Self.error(number, "cannot be read: it was changed") }
        guard let signer = signer(content.entry) else {
            throw Self.error(number, "does not name the key that signs it: the lines before it are missing")
        }
        guard signer.isValidSignature(signature, for: Data(log.purpose.utf8) + bytes[..<tab]) else {
            throw Self.error(number, "was changed, or is not signed by \(log.title(of: signer))")
        }
        guard content.number == number else {
            throw Self.error(number, "was written as line \(content.number): lines were taken away or moved")
        }
        guard content.previous == previous else {
            throw Self.error(number, "does not follow the line before it: one of them belongs to another \(log.name)")
        }
        self.init(bytes, content.entry)
    }

    private static func error(_ number: Int, _ reason: String) -> FederationError {
        FederationError(.corruptState, "line \(number) \(reason)")
    }
}
