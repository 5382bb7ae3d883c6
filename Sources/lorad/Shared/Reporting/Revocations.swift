import Federation
import Foundation
import Synchronization
import Transports

/// Carries out what `lorad runs revoke` marks in the store.
final class Revocations: Sendable {
    private let history: RunHistory
    private let admission: Admission
    private let done = Mutex<Set<WorkerID>>([])

    init(_ history: RunHistory, _ admission: Admission) {
        self.history = history
        self.admission = admission
    }

    /// Keeps those out that were revoked since the last call.
    ///
    /// - Returns: their fingerprints.
    /// - Throws: where the store cannot be read, or the enrolment not be written.
    func apply() throws -> [WorkerID] {
        let marked = try history.workers().filter(\.isRevoked).compactMap { WorkerID($0.fingerprint) }
        let new = done.withLock { done in marked.filter { !done.contains($0) } }
        for worker in new {
            try admission.revoke(worker)
            done.withLock { _ = $0.insert(worker) }
        }
        return new
    }
}
