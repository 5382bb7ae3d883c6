public import Crypto
public import Foundation
import Tensors

/// A run's audit log, read and checked: every line is the coordinator's, in its place, and none is missing.
///
/// Each line is signed and names the digest of the line before. The file `audit.head` beside the log holds the number of
/// lines, so that a missing end is noticed.
public struct AuditTrail: Equatable, Sendable {
    /// The lines, oldest first.
    public let entries: [AuditEntry]
    /// What a reader should know although the log is in order, a line each.
    public let notes: [String]

    /// The log's name in a run's folder.
    public static let fileName = "audit.log"
    /// The name of the file that holds its length.
    public static let headName = "audit.head"

    /// Reads and checks the log in a run's folder; one that was never begun has no lines.
    ///
    /// - Parameter signer: the key of the coordinator's records.
    /// - Throws: `FederationError.corruptState` naming the line that was changed or moved, or saying that lines were cut off;
    ///   the same for a file that is there and cannot be read.
    public init(folder: String, signer: Curve25519.Signing.PublicKey) throws {
        let path = "\(folder)/\(Self.fileName)"
        let log = try Self.contents(path)
        let head = try Self.contents("\(folder)/\(Self.headName)")
        do {
            try self.init(log: log, head: head, signer: signer)
        } catch let error as FederationError {
            throw FederationError(error.code, "\(path): \(error.message)", cause: error.cause)
        }
    }

    /// A file of the log; `nil` only if there is none.
    static func contents(_ path: String) throws -> Data? {
        do {
            return try BoundedFile.readIfPresent(path)
        } catch let error as TensorError {
            throw FederationError(.corruptState, error.message)
        }
    }

    /// Reads and checks the bytes of a log and of its head; both are `nil` for one that was never begun.
    ///
    /// - Throws: as `init(folder:signer:)`.
    public init(log: Data?, head: Data?, signer: Curve25519.Signing.PublicKey) throws {
        let data = log ?? Data()
        var entries: [AuditEntry] = []
        var (last, before) = (ChainedLog.beginning, ChainedLog.beginning)
        let complete = data.lastIndex(of: ChainedLog.lineFeed).map { data[...$0] } ?? data[..<data.startIndex]
        for bytes in complete.split(separator: ChainedLog.lineFeed, omittingEmptySubsequences: false).dropLast() {
            let line = try ChainedLine<AuditEntry>(
                reading: Data(bytes), number: entries.count + 1, after: last, of: .audit, signer: { _ in signer })
            entries.append(line.entry)
            (before, last) = (last, line.digest)
        }
        try Self.check(entries.count, (last, before), head, signer)
        let rest = data.count - complete.count
        notes =
            rest > 0
            ? ["line \(entries.count + 1) was cut short after \(rest) bytes, as by a crash: nothing was done for it"]
            : []
        self.entries = entries
    }

    private static func check(
        _ count: Int, _ digests: (last: String, before: String), _ data: Data?, _ signer: Curve25519.Signing.PublicKey
    ) throws {
        guard let data else {
            // The first head is written after the first line.
            guard count <= 1 else {
                throw FederationError(
                    .corruptState, "there is no file \(headName) beside it: it holds the number of lines")
            }
            return
        }
        guard let head = ChainedHead(data, of: .audit, signer: signer), head.lines > 0 else {
            throw FederationError(
                .corruptState,
                "its file \(headName) was changed, or is not signed by \(ChainedLog.audit.title(of: signer))")
        }
        try head.check(count, digests: digests, of: .audit)
    }
}
