import Federation
import Foundation
import Privacy
import Synchronization
import Tensors

/// What a worker has given away of its own data in a run, kept in a file beside its key.
///
/// It is the worker's own: whatever becomes of the coordinator, a release is noted here, on the disk, before it
/// happens. A run that is started again under the same name continues with its ledger, for the data is the same.
final class WorkerLedger: Sendable {
    /// What a run's releases may come to.
    struct Limit {
        let target: PrivacyTarget
        /// Who set it, for messages: `--max-epsilon`, or a line of the site's policy.
        let source: String
    }

    private struct State {
        var ledger: PrivacyLedger
        var file: URL
        var limits: [Limit]
    }

    private let folder: URL
    private let state = Mutex<State?>(nil)

    /// - Parameter folder: where ledgers of runs lie.
    init(in folder: URL) { self.folder = folder }

    /// Takes up the ledger of a run.
    ///
    /// - Parameters:
    ///   - unit: whose data a release is about.
    ///   - limits: what the releases may come to, by each of them.
    /// - Throws: `CommandError` if the file is damaged or of another unit, `FederationError` if the run's name is none.
    func open(run: String, unit: PrivacyUnit, limits: [Limit] = []) throws {
        try RunStore.checkName(run)
        let file = folder.appending(path: "\(run).json")
        var ledger = PrivacyLedger(unit: unit)
        if FileManager.default.fileExists(atPath: file.path) {
            do {
                ledger = try PrivacyLedger(json: Data(contentsOf: file))
            } catch {
                throw CommandError("\(file.path): \(error); move it away only if you know what the run has released")
            }
            guard ledger.unit == unit || ledger.releases.isEmpty else {
                throw CommandError(
                    "\(file.path): a run named \(run) has protected each \(ledger.unit.rawValue) so far, but this "
                        + "one protects each \(unit.rawValue): give the run another name"
                )
            }
        }
        state.withLock { $0 = State(ledger: ledger, file: file, limits: limits) }
    }

    /// Whether a release could be noted.
    ///
    /// - Throws: `PrivacyError.budgetExceeded` if a limit does not allow it, which it names.
    func check(_ release: PrivacyRelease) throws {
        try state.withLock { state in
            guard let state else { throw PrivacyError(.invalidConfiguration, "no privacy ledger is open") }
            for limit in state.limits { try Self.check(release, state.ledger, limit) }
        }
    }

    /// Records a release before it happens.
    ///
    /// - Throws: `PrivacyError.budgetExceeded` if a limit does not allow it, which it names; what writing the file
    ///   throws.
    func note(_ release: PrivacyRelease) throws {
        try state.withLock { state in
            guard var next = state else { throw PrivacyError(.invalidConfiguration, "no privacy ledger is open") }
            for limit in next.limits { try Self.check(release, next.ledger, limit) }
            try next.ledger.append(release)
            try AtomicFile.write(try next.ledger.json(), to: next.file.path, permissions: 0o600)
            state = next
        }
    }

    private static func check(_ release: PrivacyRelease, _ ledger: PrivacyLedger, _ limit: Limit) throws {
        var trial = ledger
        do {
            try trial.append(release, within: limit.target)
        } catch let error as PrivacyError where error.code == .budgetExceeded {
            throw PrivacyError(error.code, "\(limit.source): \(error.message)", cause: error.cause)
        }
    }

    /// ε so far.
    func epsilon(delta: Double) throws -> Double {
        try state.withLock { try $0?.ledger.spent(delta: delta).epsilon ?? 0 }
    }

    /// The ledgers of a run that the workers of this machine have kept, by worker.
    static func all(ofRun run: String, in workers: URL) throws -> [(worker: String, ledger: PrivacyLedger)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: workers.path)) ?? []
        return try names.sorted().compactMap { name in
            let file = workers.appending(path: "\(name)/privacy/\(run).json")
            guard FileManager.default.fileExists(atPath: file.path) else { return nil }
            return (name, try PrivacyLedger(json: Data(contentsOf: file)))
        }
    }
}
