public import Foundation
public import Privacy

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
    let lastDigest: String
    /// Bytes of the complete lines, line feeds included.
    let byteCount: Int

    /// Reads and checks a transcript.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - signer: the worker whose it must be; `nil` takes the one that its first line names.
    /// - Throws: `FederationError.notFound` if there is none; `.corruptState` naming the line that was changed, moved, or signed
    ///   by another key, or saying that lines were cut off.
    public init(path: String, signer expected: WorkerIdentity? = nil) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FederationError(.notFound, "\(path): no such transcript, or it cannot be read")
        }
        let head = FileManager.default.contents(atPath: Self.headPath(path))
        do {
            try self.init(data, head: head, signer: expected)
        } catch let error as FederationError {
            throw FederationError(error.code, "\(path): \(error.message)", cause: error.cause)
        }
    }

    static func headPath(_ path: String) -> String { path + ".head" }

    /// Reads and checks the bytes of a transcript and of its head.
    ///
    /// - Throws: as `init(path:signer:)`.
    public init(_ data: Data, head: Data?, signer expected: WorkerIdentity?) throws {
        let complete =
            data.lastIndex(of: UInt8(ascii: "\n")).map { data[...$0] } ?? data[..<data.startIndex]
        var (lines, last): ([TranscriptLine], String) = ([], TranscriptLine.beginning)
        var named = expected
        for bytes in complete.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .dropLast()
        {
            let line = try TranscriptLine(
                reading: Data(bytes), number: lines.count + 1, after: last, signer: named)
            named = named ?? line.entry.worker.flatMap { try? WorkerIdentity(text: $0) }
            lines.append(line)
            last = line.digest
        }
        guard let signer = named else { throw FederationError(.corruptState, "holds no line") }
        try Self.check(lines, head, signer)
        var notes: [String] = []
        let rest = data.count - complete.count
        if rest > 0 {
            notes.append(
                "line \(lines.count + 1) was cut short after \(rest) bytes, as by a crash: nothing was given away for it"
            )
        }
        (self.signer, entries, self.notes) = (signer, lines.map(\.entry), notes)
        (lastDigest, byteCount) = (last, complete.count)
    }

    /// Compares the lines with what the head says of them.
    private static func check(_ lines: [TranscriptLine], _ data: Data?, _ signer: WorkerIdentity) throws {
        guard let data else {
            throw FederationError(
                .corruptState,
                "there is no file .head beside it, which says how many lines there are: copy it with the transcript"
            )
        }
        guard let head = try? JSONDecoder().decode(TranscriptHead.self, from: data),
            head.isSigned(by: signer), head.lines >= 0
        else {
            throw FederationError(
                .corruptState, "its file .head was changed, or is not signed by worker \(signer.text)")
        }
        guard head.lines <= lines.count else {
            throw FederationError(
                .corruptState,
                "has \(lines.count) lines, and had \(head.lines): those at the end were cut off")
        }
        // The head is written after the line.
        guard lines.count <= head.lines + 1,
            (head.lines == 0 ? TranscriptLine.beginning : lines[head.lines - 1].digest) == head.last
        else {
            throw FederationError(
                .corruptState, "line \(head.lines) is not the one that the file .head names")
        }
        guard !lines.isEmpty else { throw FederationError(.corruptState, "holds no line") }
    }
}
