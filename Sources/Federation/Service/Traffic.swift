import Synchronization
public import Transports

/// Counts what goes over the wire.
public final class Traffic: Sendable {
    /// What has gone by so far.
    public struct Counts: Equatable, Sendable {
        /// Bytes that came from workers.
        public var received = 0
        /// Bytes that went to workers.
        public var sent = 0
        /// Records of strangers, or damaged ones, that were not taken.
        public var refusedRecords = 0
        /// Workers that were not let in.
        public var refusedWorkers = 0
        /// Bytes from and to each worker.
        public var workers: [WorkerID: (received: Int, sent: Int)] = [:]

        /// Whether all counts are equal.
        public static func == (first: Self, second: Self) -> Bool {
            first.received == second.received && first.sent == second.sent
                && first.refusedRecords == second.refusedRecords && first.refusedWorkers == second.refusedWorkers
        }
    }

    private let state = Mutex(Counts())
    private let onRefusal: @Sendable (String) -> Void

    init(onRefusal: @escaping @Sendable (String) -> Void = { _ in }) { self.onRefusal = onRefusal }

    /// What has gone by so far.
    public var counts: Counts { state.withLock { $0 } }

    func received(_ bytes: Int, from worker: WorkerID) {
        state.withLock {
            $0.received += bytes
            $0.workers[worker, default: (0, 0)].received += bytes
        }
    }

    func sent(_ bytes: Int, to worker: WorkerID) {
        state.withLock {
            $0.sent += bytes
            $0.workers[worker, default: (0, 0)].sent += bytes
        }
    }

    func refusedRecord() { state.withLock { $0.refusedRecords += 1 } }

    func refusedStranger(_ reason: String) {
        state.withLock { $0.refusedWorkers += 1 }
        onRefusal(reason)
    }
}
