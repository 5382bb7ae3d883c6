public import Crypto
import Foundation
import Tensors

/// Writes a run's audit log. Lines are only ever added: each is on the disk when `append` returns.
///
/// Processes and threads may write at once: a lock on the file puts one after the other.
public struct AuditLog: Sendable {
    private let folder: String
    private let key: Curve25519.Signing.PrivateKey

    /// Names the log of a run's folder.
    ///
    /// - Parameter key: the key of the coordinator's records.
    public init(folder: String, key: Curve25519.Signing.PrivateKey) { (self.folder, self.key) = (folder, key) }

    /// Adds a line.
    ///
    /// - Returns: The line's number, from 1.
    /// - Throws: `FederationError.corruptState` if the log was changed at its end, `.writeFailed` if it cannot be written.
    @discardableResult
    public func append(_ entry: AuditEntry) throws -> Int {
        let file = try OpenFile.writing("\(folder)/\(AuditTrail.fileName)")
        guard file.exclusiveLock() else { throw OpenFile.failure(file.path) }
        defer { file.unlock() }
        let head = try end(of: file)
        let line = try ChainedLine(entry, number: head.lines + 1, after: head.last, of: .audit, key: key)
        if head.lines == 0 { try keepPrivate(file) }
        try file.truncate(to: head.length)
        try (line.bytes + [ChainedLog.lineFeed]).withUnsafeBytes { try file.write($0, at: head.length) }
        try file.synchronize()
        try write(following(head, line))
        return head.lines + 1
    }

    /// How far the log goes.
    private struct End {
        var lines = 0
        var length = 0
        var last = ChainedLog.beginning
    }

    private func following(_ end: End, _ line: ChainedLine<AuditEntry>) -> End {
        End(lines: end.lines + 1, length: end.length + line.bytes.count + 1, last: line.digest)
    }

    /// The end by the head as it is, or as it would be had a crash not come between the last line and it.
    private func end(of file: OpenFile) throws -> End {
        let size = try file.status().size
        let path = "\(folder)/\(AuditTrail.headName)"
        var head = End()
        if let data = try AuditTrail.contents(path) {
            guard let read = ChainedHead(data, of: .audit, signer: key.publicKey), read.lines > 0,
                let length = read.length, length > 0
            else {
                throw changed("its file \(AuditTrail.headName) was changed, or is not signed by this coordinator")
            }
            head = End(lines: read.lines, length: length, last: read.last)
        }
        guard size >= head.length else { throw changed("lines were cut off at its end") }
        guard size - head.length <= Self.longestLine else {
            throw changed("it has lines that this coordinator did not write")
        }
        var tail = Data(count: size - head.length)
        try tail.withUnsafeMutableBytes { try file.read(into: $0, at: head.length) }
        guard let end = tail.firstIndex(of: ChainedLog.lineFeed) else { return head }
        let line: ChainedLine<AuditEntry>
        do {
            line = try ChainedLine(
                reading: Data(tail[..<end]), number: head.lines + 1, after: head.last, of: .audit,
                signer: { [key] _ in key.publicKey })
        } catch let error as FederationError {
            throw changed(error.message)
        }
        guard end == tail.index(before: tail.endIndex) else {
            throw changed("it has lines that this coordinator did not write")
        }
        return following(head, line)
    }

    /// The most bytes of a line; reasons and names are cut before.
    private static let longestLine = 1 << 16

    private func write(_ end: End) throws {
        let head = try ChainedHead(lines: end.lines, length: end.length, last: end.last, of: .audit, key: key)
        try AtomicFile.write(
            try JSONEncoder().encode(head), to: "\(folder)/\(AuditTrail.headName)", permissions: 0o600)
    }

    private func keepPrivate(_ file: OpenFile) throws {
        guard fchmod(file.descriptor, 0o600) == 0 else { throw OpenFile.failure(file.path) }
        try AtomicFile.synchronize(folder: folder, of: file.path)
    }

    private func changed(_ reason: String) -> FederationError {
        FederationError(
            .corruptState,
            "\(folder)/\(AuditTrail.fileName): \(reason); nothing is done that cannot be written down: restore the log from a "
                + "copy, or move it and \(AuditTrail.headName) away to begin another")
    }
}
