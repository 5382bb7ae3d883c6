import Crypto
public import Foundation
public import Privacy
import Tensors

/// What a worker has given away in a run, line by line, as the worker wrote it down before it did: read and checked.
///
/// Each line is signed by the worker and names the digest of the line before. The file `.head` beside it holds the number of
/// lines, so that a missing end is noticed.
public struct Transcript: Equatable, Sendable {
    /// The worker that signed it.
    public let signer: WorkerIdentity
    /// The lines.
    public let entries: [TranscriptEntry]
    /// What a reader should know although the transcript is in order, a line each.
    public let notes: [String]
    /// The most bytes of a transcript.
    public static let sizeLimit = TranscriptLines.limit
    let lastDigest: String
    /// Bytes of the complete lines, line feeds included.
    let byteCount: Int
    /// Bytes after them: a line that was cut short.
    let restCount: Int

    /// Reads and checks a transcript, line by line.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - signer: the worker whose it must be; `nil` takes the one that its first line names.
    /// - Throws: `FederationError.notFound` if there is none; `.corruptState` naming the line that was changed, moved, too
    ///   long, or signed by another key, or saying that lines were cut off.
    public init(path: String, signer expected: WorkerIdentity? = nil) throws {
        do {
            try self.init(signer: expected, head: { Self.head(path) }) { try TranscriptLines.read(path, $0) }
        } catch let error as FederationError {
            throw FederationError(error.code, "\(path): \(error.message)", cause: error.cause)
        }
    }

    static func headPath(_ path: String) -> String { path + ".head" }

    /// The file `.head` of a transcript; `nil` if it is not there, or cannot be one.
    static func head(_ path: String) -> Data? { try? BoundedFile.read(headPath(path), atMost: longestHead) }

    /// The most bytes of that file.
    static let longestHead = 1 << 16

    /// Reads and checks the bytes of a transcript and of its head.
    ///
    /// - Throws: as `init(path:signer:)`.
    public init(_ data: Data, head: Data?, signer expected: WorkerIdentity?) throws {
        try self.init(signer: expected, head: { head }) { try TranscriptLines.read(data, $0) }
    }

    /// - Parameters:
    ///   - head: asked once the lines are read.
    ///   - lines: hands over each line.
    private init(
        signer expected: WorkerIdentity?, head: () -> Data?,
        lines: ((Data) throws -> Void) throws -> (complete: Int, rest: Int)
    ) throws {
        var named = expected
        var entries: [TranscriptEntry] = []
        var (last, before) = (ChainedLog.beginning, ChainedLog.beginning)
        let (complete, rest) = try lines { bytes in
            let line = try ChainedLine<TranscriptEntry>(
                reading: bytes, number: entries.count + 1, after: last, of: .transcript
            ) { entry in
                named = named ?? entry.worker.flatMap { try? WorkerIdentity(text: $0) }
                return named?.key
            }
            entries.append(line.entry)
            (before, last) = (last, line.digest)
        }
        guard let signer = named else { throw FederationError(.corruptState, "holds no line") }
        try Self.check(entries.count, last: last, before: before, head(), signer)
        notes =
            rest == 0
            ? []
            : [
                "line \(entries.count + 1) was cut short after \(rest) bytes, as by a crash: nothing was given away for it"
            ]
        (self.signer, self.entries) = (signer, entries)
        (lastDigest, byteCount, restCount) = (last, complete, rest)
    }

    /// Compares the lines with what the head says of them.
    private static func check(
        _ count: Int, last: String, before: String, _ data: Data?, _ signer: WorkerIdentity
    ) throws {
        guard let data else {
            throw FederationError(
                .corruptState,
                "there is no file .head beside it, with the number of lines: copy it with the transcript"
            )
        }
        guard let head = signer.key.flatMap({ ChainedHead(data, of: .transcript, signer: $0) }) else {
            throw FederationError(
                .corruptState, "its file .head was changed, or is not signed by worker \(signer.text)")
        }
        try head.check(count, digests: (last, before), of: .transcript)
        guard count > 0 else { throw FederationError(.corruptState, "holds no line") }
    }
}

extension WorkerIdentity {
    /// The key that it names; `nil` if its bytes are none.
    var key: Curve25519.Signing.PublicKey? { try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) }
}
