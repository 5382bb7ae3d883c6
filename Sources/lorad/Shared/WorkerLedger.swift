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
    /// What releases may come to.
    struct Limit {
        let target: PrivacyTarget
        /// Whether it is about the releases of all runs together, and not of one.
        let coversAllRuns: Bool
        /// Who set it, for messages: `--max-epsilon`, or a line of the site's policy.
        let source: String
    }

    private struct State {
        var ledger: PrivacyLedger
        /// What was released in other runs.
        let others: PrivacyLedger
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
    /// - Throws: `CommandError` where the file is damaged or of another unit, or where a limit is about all runs and their releases
    ///   cannot be added up; `TensorError` where a file cannot be read, `FederationError` where the run's name is none.
    func open(run: String, unit: PrivacyUnit, limits: [Limit] = []) throws {
        try RunStore.checkName(run)
        let file = folder.appending(path: "\(run).json")
        var ledger = PrivacyLedger(unit: unit)
        if let data = try BoundedFile.readIfPresent(file.path) {
            do {
                ledger = try PrivacyLedger(json: data)
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
        let others = try limits.contains(where: \.coversAllRuns) ? others(than: file, unit) : PrivacyLedger(unit: unit)
        if let release = ledger.releases.first ?? others.releases.first { _ = try Self.joined(others, [release], file) }
        state.withLock { $0 = State(ledger: ledger, others: others, file: file, limits: limits) }
    }

    /// What this worker has released in all runs but one.
    private func others(than file: URL, _ unit: PrivacyUnit) throws -> PrivacyLedger {
        let isThere = FileManager.default.fileExists(atPath: folder.path)
        let names = isThere ? try FileManager.default.contentsOfDirectory(atPath: folder.path) : []
        return try names.sorted().reduce(PrivacyLedger(unit: unit)) { sum, name in
            guard name.hasSuffix(".json"), name != file.lastPathComponent else { return sum }
            let path = folder.appending(path: name)
            return try Self.joined(sum, PrivacyLedger(json: BoundedFile.read(path.path, atMost: .max)).releases, path)
        }
    }

    private static func joined(_ sum: PrivacyLedger, _ releases: [PrivacyRelease], _ file: URL) throws -> PrivacyLedger
    {
        do {
            var sum = sum
            for release in releases { try sum.append(release) }
            return sum
        } catch {
            throw CommandError(
                "\(file.path): what was released there cannot be added to what this worker released in other runs, which its "
                    + "limit of epsilon is about: \(error). Begin the run with a population in its run file as in the others, or, "
                    + "if its data is other data, give this worker another --name")
        }
    }

    /// Whether a release could be noted.
    ///
    /// - Throws: `PrivacyError.budgetExceeded` if a limit does not allow it, which it names.
    func check(_ release: PrivacyRelease) throws {
        try state.withLock { state in
            guard let state else { throw PrivacyError(.invalidConfiguration, "no privacy ledger is open") }
            for limit in state.limits { try Self.check(release, state, limit) }
        }
    }

    /// Records a release before it happens.
    ///
    /// - Throws: `PrivacyError.budgetExceeded` if a limit does not allow it, which it names; what writing the file
    ///   throws.
    func note(_ release: PrivacyRelease) throws {
        try state.withLock { state in
            guard var next = state else { throw PrivacyError(.invalidConfiguration, "no privacy ledger is open") }
            for limit in next.limits { try Self.check(release, next, limit) }
            try next.ledger.append(release)
            try AtomicFile.write(try next.ledger.json(), to: next.file.path, permissions: 0o600)
            state = next
        }
    }

    private static func check(_ release: PrivacyRelease, _ state: State, _ limit: Limit) throws {
        do {
            var trial = state.ledger
            if limit.coversAllRuns { for other in state.others.releases { try trial.append(other) } }
            try trial.append(release, within: limit.target)
        } catch let error as PrivacyError where error.code == .budgetExceeded {
            throw PrivacyError(error.code, "\(limit.source): \(error.message)", cause: error.cause)
        }
    }

    /// ε so far in the run.
    func epsilon(delta: Double) throws -> Double {
        try state.withLock { try $0?.ledger.spent(delta: delta).epsilon ?? 0 }
    }

    /// ε so far in all runs, as far as a limit is about them.
    func totalEpsilon(delta: Double) throws -> Double {
        try state.withLock { state in
            guard let state else { return 0 }
            return try Self.joined(state.others, state.ledger.releases, state.file).spent(delta: delta).epsilon
        }
    }

    /// ε of other runs, as far as a limit is about them; `nil` if nothing was released there.
    func epsilonOfOtherRuns(delta: Double) throws -> Double? {
        try state.withLock { state in
            guard let others = state?.others, !others.releases.isEmpty else { return nil }
            return try others.spent(delta: delta).epsilon
        }
    }

    /// The ledgers of a run that the workers of this machine have kept, by worker.
    static func all(ofRun run: String, in workers: URL) throws -> [(worker: String, ledger: PrivacyLedger)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: workers.path)) ?? []
        return try names.sorted().compactMap { name in
            let folder = workers.appending(path: name)
            guard (try? folder.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile != true else { return nil }
            let file = folder.appending(path: "privacy/\(run).json")
            return try BoundedFile.readIfPresent(file.path).map { (name, try PrivacyLedger(json: $0)) }
        }
    }
}
