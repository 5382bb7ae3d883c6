import Crypto
import Foundation
import Privacy

/// A line of a transcript as it is stored: the entry as JSON with its number and the digest of the line before, a tab, and the
/// worker's Ed25519 signature of that JSON.
struct TranscriptLine: Equatable {
    private struct Content: Codable, Equatable {
        var number: Int
        /// SHA-256 of the line before, 64 zeros in the first line.
        var previous: String
        var entry: TranscriptEntry
    }

    /// What stands before the first line.
    static let beginning = String(repeating: "0", count: 64)
    private static let purpose = Data("lorad transcript 1\n".utf8)
    private static let tab = UInt8(ascii: "\t")

    /// The line's bytes, without the line feed.
    let bytes: Data
    let entry: TranscriptEntry
    /// SHA-256 of the bytes, which the next line names.
    let digest: String

    /// Signs a line.
    init(
        _ entry: TranscriptEntry, number: Int, after previous: String,
        key: Curve25519.Signing.PrivateKey
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = try encoder.encode(Content(number: number, previous: previous, entry: entry))
        let signature = Hexadecimal.encode(try key.signature(for: Self.purpose + json))
        self.init(json + [Self.tab] + Data(signature.utf8), entry)
    }

    private init(_ bytes: Data, _ entry: TranscriptEntry) {
        (self.bytes, self.entry) = (bytes, entry)
        digest = Hexadecimal.encode(Data(SHA256.hash(data: bytes)))
    }

    /// Reads a line and checks its place and its signature.
    ///
    /// - Parameter signer: whose signature it must bear; `nil` takes the key that the line itself names, in `joined`.
    /// - Throws: `FederationError.corruptState` saying what is wrong with line `number`.
    init(
        reading bytes: Data, number: Int, after previous: String, signer: WorkerIdentity?
    ) throws {
        guard let tab = bytes.lastIndex(of: Self.tab),
            let content = try? JSONDecoder().decode(Content.self, from: bytes[..<tab]),
            let signature = Hexadecimal.decode(
                String(decoding: bytes[bytes.index(after: tab)...], as: UTF8.self))
        else { throw Self.error(number, "cannot be read: it was changed") }
        guard let named = signer ?? content.entry.worker.flatMap({ try? WorkerIdentity(text: $0) })
        else {
            throw Self.error(number, "does not name the worker's key: the lines before it are missing")
        }
        guard named.hasSigned(signature, of: Self.purpose + bytes[..<tab]) else {
            throw Self.error(number, "was changed, or is not signed by worker \(named.text)")
        }
        guard content.number == number else {
            throw Self.error(
                number, "was written as line \(content.number): lines were taken away or moved")
        }
        guard content.previous == previous else {
            throw Self.error(
                number, "does not follow the line before it: one of them belongs to another transcript")
        }
        self.init(bytes, content.entry)
    }

    private static func error(_ number: Int, _ reason: String) -> FederationError {
        FederationError(.corruptState, "line \(number) \(reason)")
    }
}

/// How long a transcript is, signed: lines that were cut off at its end are missed by it.
struct TranscriptHead: Codable, Equatable {
    /// Lines so far.
    var lines: Int
    /// The digest of the last one.
    var last: String
    /// Of both, by the worker.
    var signature = ""

    private var signed: Data { Data("lorad transcript head 1\n\(lines)\n\(last)\n".utf8) }

    /// Signs a head.
    init(lines: Int, last: String, key: Curve25519.Signing.PrivateKey) throws {
        (self.lines, self.last) = (lines, last)
        signature = Hexadecimal.encode(try key.signature(for: signed))
    }

    /// Whether bytes are a worker's head of a transcript that has no line yet.
    static func isBeginning(_ data: Data, of worker: WorkerIdentity) -> Bool {
        guard let head = try? JSONDecoder().decode(Self.self, from: data) else { return false }
        return head.lines == 0 && head.isSigned(by: worker)
    }

    /// Whether a worker signed it.
    func isSigned(by worker: WorkerIdentity) -> Bool {
        Hexadecimal.decode(signature).map { worker.hasSigned($0, of: signed) } ?? false
    }
}

extension WorkerIdentity {
    /// Whether a signature of a message is this worker's.
    fileprivate func hasSigned(_ signature: Data, of message: Data) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else {
            return false
        }
        return key.isValidSignature(signature, for: message)
    }
}
