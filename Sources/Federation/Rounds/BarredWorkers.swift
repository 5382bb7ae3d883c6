public import Foundation
public import Transports

/// Workers that are left out of the rest of a run because they provably broke the protocol: by their identity, and by the
/// signing key that they are known by to the others.
public struct BarredWorkers: Equatable, Sendable {
    private var workers: [WorkerID: String] = [:]
    private var keys: [Data: String] = [:]

    /// Nobody.
    public init() {}

    /// Leaves a worker out.
    ///
    /// - Parameter signingKey: empty where it has none.
    public mutating func add(_ worker: WorkerID, signingKey: Data, reason: String) {
        workers[worker] = reason
        if !signingKey.isEmpty { keys[signingKey] = reason }
    }

    /// Why a worker is left out; `nil` if it is not.
    public func reason(for worker: WorkerID, signingKey: Data = Data()) -> String? {
        workers[worker] ?? keys[signingKey]
    }
}
