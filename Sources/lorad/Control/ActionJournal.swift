import Crypto
import Federation
import Foundation
import Synchronization
import Transports

/// Writes a run's audit log: who asked for what, and what became of it.
///
/// Refused attempts share lines, those of all strangers and those of each token: the first is written at once, and those of the
/// next minute with the one after it, so that nobody can fill the disk.
final class ActionJournal: Sendable {
    private struct Refusals {
        var lastLine: Date?
        var waiting = 0
        var last: RefusedAttempt?
    }

    private let run: String
    private let folder: URL
    private let log: AuditLog
    private let now: @Sendable () -> Date
    /// By who was refused: strangers together, and each token by its name.
    private let refusals = Mutex([String: Refusals]())

    /// Seconds between two lines about refused attempts of the same.
    private static let pause = 60.0

    /// - Parameters:
    ///   - folder: the run's.
    ///   - identity: the coordinator's key.
    /// - Throws: `CryptoKitError`, for which 32 bytes give no reason.
    init(
        run: String, folder: URL, identity: IdentityKey, now: @escaping @Sendable () -> Date = { Date() }
    ) throws {
        (self.run, self.folder, self.now) = (run, folder, now)
        log = AuditLog(folder: folder.path, key: try identity.recordsKey)
    }

    /// Notes that an action begins.
    ///
    /// - Returns: The line's number.
    /// - Throws: `FederationError` if it cannot be written down: then it must not be done.
    func began(_ action: RunAction, by requester: Requester) throws -> Int {
        try append(entry(action.name, requester, .began, action.details))
    }

    /// Notes how an action that began went.
    func ended(_ action: RunAction, by requester: Requester, number: Int, failure: String?) throws {
        var line = entry(action.name, requester, failure == nil ? .done : .failed, nil)
        (line.of, line.reason) = (number, failure?.logged)
        try append(line)
    }

    /// Notes an attempt that was refused.
    func refused(_ attempt: RefusedAttempt) {
        refusals.withLock { refusals in
            refusals[attempt.requester.who, default: Refusals()].waiting += 1
            refusals[attempt.requester.who]?.last = attempt
        }
        flush()
    }

    /// Writes down which attempts were refused, if it is time.
    ///
    /// - Parameter isLast: whether the coordinator ends.
    func flush(isLast: Bool = false) {
        refusals.withLock { refusals in
            let now = now()
            for (who, waiting) in refusals.sorted(by: { $0.key < $1.key }) where waiting.waiting > 0 {
                let isDue = waiting.lastLine.map { now.timeIntervalSince($0) >= Self.pause } ?? true
                guard isDue || isLast, let attempt = waiting.last else { continue }
                var line = entry(attempt.what.logged, attempt.requester, .refused, nil)
                line.reason = attempt.reason.logged
                if waiting.waiting > 1 { line.attempts = waiting.waiting }
                refusals[who] = Refusals(lastLine: now)
                _ = try? append(line)  // it was refused all the same
            }
        }
    }

    private func entry(
        _ action: String, _ requester: Requester, _ outcome: AuditEntry.Outcome, _ details: [String: String]?
    ) -> AuditEntry {
        AuditEntry(
            time: now(), run: run, who: requester.who, origin: requester.origin, action: action, details: details,
            outcome: outcome)
    }

    @discardableResult
    private func append(_ entry: AuditEntry) throws -> Int {
        defer {
            for name in [AuditTrail.fileName, AuditTrail.headName] {
                StateFile.adoptOwner(folder.appending(path: name).path)
            }
        }
        return try log.append(entry)
    }
}

extension String {
    /// A text of somebody else's as the audit log has it.
    fileprivate var logged: String { String(onOneLine.prefix(500)) }
}

extension IdentityKey {
    /// The key with which a coordinator signs its audit log and exports. It is derived from the coordinator's key and
    /// does not reveal it.
    ///
    /// - Throws: `CryptoKitError`, for which 32 bytes give no reason.
    var recordsKey: Curve25519.Signing.PrivateKey {
        get throws {
            let seed = derivedKey(for: "coordinator records signing key").withUnsafeBytes { Data($0) }
            return try Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        }
    }
}
