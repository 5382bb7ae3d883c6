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
    /// When a refusal was last told, and how many were not since: strangers must not be able to fill the log.
    private let told = Mutex<(time: Duration?, untold: Int)>((nil, 0))
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

    func refusedStranger(_ reason: String, now: Duration) {
        state.withLock { $0.refusedWorkers += 1 }
        let others = told.withLock { told -> Int? in
            if let time = told.time, now - time < .seconds(1) {
                told.untold += 1
                return nil
            }
            defer { told = (now, 0) }
            return told.untold
        }
        guard let others else { return }
        onRefusal(others == 0 ? reason : "\(reason) (and \(others) refusals before)")
    }
}
