public import Crypto
public import Foundation
import Privacy
import Synchronization
public import Tensors

/// Writes a worker's transcript of a run: each line is on the disk before what it tells of is given away.
public final class TranscriptWriter: RoundWitness {
    private struct State {
        var count: Int
        var last: String
        var length: Int
    }

    private let path: String
    private let run: String
    private let key: Curve25519.Signing.PrivateKey
    private let spent: @Sendable () throws -> (epsilon: Double, delta: Double)?
    private let now: @Sendable () -> Date
    private let state: Mutex<State>

    /// Goes on with the transcript at a path, or begins it, with a line that says that the worker joined.
    ///
    /// - Parameters:
    ///   - run: the run's name.
    ///   - basis: `RunBasis.digest`.
    ///   - key: the worker's signing key.
    ///   - spent: ε of everything given away so far, and its δ; `nil` if this worker adds no noise of its own.
    /// - Throws: `FederationError.corruptState` if the transcript was changed since this worker wrote it, `.writeFailed` if it
    ///   cannot be written.
    public init(
        path: String, run: String, basis: Data, key: Curve25519.Signing.PrivateKey,
        spent: @escaping @Sendable () throws -> (epsilon: Double, delta: Double)? = { nil },
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws {
        (self.path, self.run, self.key, self.spent, self.now) = (path, run, key, spent, now)
        let (begun, dropped) = try Self.begin(path, WorkerIdentity(key.publicKey))
        state = Mutex(begun)
        // From the first line on there is a head: a transcript without one has lost it.
        do {
            if begun.count == 0 { try writeHead(begun) }
        } catch {
            throw Self.unwritten(path, error)
        }
        if dropped > 0 {
            var repair = TranscriptEntry(.repaired, run: run, at: now())
            (repair.dropped, repair.worker) = (dropped, WorkerIdentity(key.publicKey).text)
            try append(repair)
        }
        var entry = TranscriptEntry(.joined, run: run, at: now())
        entry.worker = WorkerIdentity(key.publicKey).text
        entry.basis = Hexadecimal.encode(basis)
        try append(entry)
    }

    /// Nothing is noted of an order before something is given away for it.
    public func willWork(_ work: OrderedWork, from state: StateDict) throws {}

    /// Notes what is about to be sent.
    public func willSend(_ result: OutgoingResult, of work: OrderedWork) throws {
        var entry = TranscriptEntry(result, of: work, at: now())
        if let spent = try spent() { (entry.epsilon, entry.delta) = (spent.epsilon, spent.delta) }
        try append(entry)
    }

    /// What is there, less a line that a crash has cut short.
    private static func begin(_ path: String, _ signer: WorkerIdentity) throws -> (
        State, dropped: Int
    ) {
        let data: Data
        do {
            data = try BoundedFile.readIfPresent(path, atMost: TranscriptLines.lineLimit, prefixOnly: true) ?? Data()
        } catch {
            throw unwritten(path, error)
        }
        guard data.contains(UInt8(ascii: "\n")) || data.count == TranscriptLines.lineLimit else {
            let head = try storedHead(path)
            guard head.map({ isBeginning($0, of: signer) }) ?? true else {
                throw FederationError(
                    .corruptState,
                    "\(path): its lines were taken away: restore it from a copy, or give the run another name"
                )
            }
            return (State(count: 0, last: ChainedLog.beginning, length: 0), data.count)
        }
        let transcript: Transcript
        do {
            transcript = try Transcript(path: path, signer: signer)
        } catch let error as FederationError {
            throw FederationError(
                .corruptState,
                "\(error.message). This worker goes on with a transcript that is in order only: restore it from a copy, or give "
                    + "the run another name")
        }
        return (
            State(
                count: transcript.entries.count, last: transcript.lastDigest, length: transcript.byteCount),
            transcript.restCount
        )
    }

    /// The file `.head`; `nil` only if there is none.
    private static func storedHead(_ path: String) throws -> Data? {
        do {
            return try BoundedFile.readIfPresent(Transcript.headPath(path), atMost: Transcript.longestHead)
        } catch {
            throw FederationError(
                .corruptState, "\(error): restore it from a copy, or give the run another name")
        }
    }

    /// Whether bytes are a worker's head of a transcript that has no line yet.
    private static func isBeginning(_ data: Data, of worker: WorkerIdentity) -> Bool {
        worker.key.flatMap { ChainedHead(data, of: .transcript, signer: $0) }?.lines == 0
    }

    private func append(_ entry: TranscriptEntry) throws {
        try state.withLock { state in
            do {
                let line = try ChainedLine(
                    entry, number: state.count + 1, after: state.last, of: .transcript, key: key)
                let bytes = line.bytes + [ChainedLog.lineFeed]
                try Self.checkSize(of: line, behind: state.length)
                try Self.write(bytes, at: state.length, to: path)
                state = State(count: state.count + 1, last: line.digest, length: state.length + bytes.count)
                try writeHead(state)
            } catch {
                throw Self.unwritten(path, error)
            }
        }
    }

    /// What could not be read back is not written.
    private static func checkSize(of line: ChainedLine<TranscriptEntry>, behind length: Int) throws {
        let (lineLimit, limit) = (TranscriptLines.lineLimit, TranscriptLines.limit)
        guard line.bytes.count <= lineLimit, length + line.bytes.count < limit else {
            throw FederationError(
                .writeFailed,
                "a line may have \(lineLimit) bytes and a transcript \(limit), and this line has \(line.bytes.count) after "
                    + "\(length): give the run another name, which begins another transcript")
        }
    }

    private static func unwritten(_ path: String, _ error: any Error) -> FederationError {
        FederationError(
            .writeFailed,
            "\(path): what this worker gives away could not be written down first, so nothing is sent",
            cause: error)
    }

    private func writeHead(_ state: State) throws {
        _ = try AtomicFile.createFolder(of: path)
        let head = try ChainedHead(
            lines: state.count, length: nil, last: state.last, of: .transcript, key: key)
        try AtomicFile.write(
            try JSONEncoder().encode(head), to: Transcript.headPath(path), permissions: 0o600)
    }

    /// Writes bytes behind the complete lines, in place of what a failure may have left there, and flushes them.
    private static func write(_ bytes: Data, at offset: Int, to path: String) throws {
        let folder = try AtomicFile.createFolder(of: path)
        let isNew = !FileManager.default.fileExists(atPath: path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0, ftruncate(descriptor, off_t(offset)) == 0 else {
            throw failure()
        }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(
                    descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written,
                    off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            written += count
        }
        guard fsync(descriptor) == 0 else { throw failure() }
        if isNew { try AtomicFile.synchronize(folder: folder, of: path) }
    }

    private static func failure() -> FederationError {
        FederationError(.writeFailed, String(cString: strerror(errno)))
    }
}
