import Foundation
import Synchronization
import Tensors
import Transports

@testable import Federation

/// A toy of distributed training: a round's state is a number, a step's micro-batches are the leaves of a tree, and each
/// leaf's term depends on the state. The last number tells whether every leaf counted exactly once in every round.
final class TreeJob: Job {
    /// What survives a crash.
    struct Disk: Equatable {
        var round = 0
        var state: Int64 = 1
    }

    private struct Open {
        var disk: Disk
        /// Leaves that have been counted in this round.
        var leaves: [Int] = []
        var sum: Int64 = 0
        /// Which leaves each task stands for.
        var tasks: [UInt64: Range<Int>] = [:]
    }

    let rounds: Int
    let leafCount: Int
    let minimumWorkers: Int
    private let open: Mutex<Open>

    init(disk: Disk, rounds: Int, leafCount: Int, minimumWorkers: Int = 1) {
        self.rounds = rounds
        self.leafCount = leafCount
        self.minimumWorkers = minimumWorkers
        open = Mutex(Open(disk: disk))
    }

    var round: Int { open.withLock { $0.disk.round } }
    var disk: Disk { open.withLock { $0.disk } }

    func base() -> StateDict { StateDict([("state", Tensor(integers: [disk.state]))]) }

    func plan(for workers: [WorkerID]) -> RoundPlan {
        let size = max(1, leafCount / max(1, workers.count))
        let ranges = stride(from: 0, to: leafCount, by: size).map { $0..<min($0 + size, leafCount) }
        // Names that another way of splitting does not use for other leaves.
        let tasks = ranges.map { (UInt64($0.lowerBound) << 32 | UInt64($0.upperBound), $0) }
        open.withLock { $0.tasks = Dictionary(uniqueKeysWithValues: tasks) }
        return RoundPlan(tasks: tasks.map { PlannedTask(id: $0.0) })
    }

    func order(for task: UInt64) -> WorkOrder {
        var work = Data()
        withUnsafeBytes(of: task) { work.append(contentsOf: $0) }
        return WorkOrder(work: work)
    }

    func add(_ contribution: Contribution) throws {
        guard let value = contribution.update["sum"]?.integerValues.first else {
            throw FederationError(.invalidUpdate, "no sum")
        }
        open.withLock {
            $0.sum &+= value
            $0.leaves += $0.tasks[contribution.task] ?? 0..<0
        }
    }

    func commit() throws -> RoundReport {
        try open.withLock { open in
            guard open.leaves.sorted() == Array(0..<leafCount) else {
                throw FederationError(
                    .corruptState, "round \(open.disk.round) committed with leaves \(open.leaves.sorted())")
            }
            open.disk.state = Self.next(open.disk.state, open.sum)
            open.disk.round += 1
            (open.sum, open.leaves) = (0, [])
            return RoundReport(round: open.disk.round - 1, loss: 0, contributions: open.tasks.count, tokens: 0)
        }
    }

    func snapshot() -> [String: StateDict] { ["state": base()] }

    /// A task's result.
    static func sum(of work: Data, from state: Int64) -> Int64 {
        let task = work.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        return (Int(task >> 32)..<Int(task & 0xFFFF_FFFF)).reduce(0) { $0 &+ term(leaf: $1, state) }
    }

    /// The state after all rounds, computed without anyone's help.
    static func expected(rounds: Int, leafCount: Int) -> Int64 {
        (0..<rounds).reduce(Disk().state) { state, _ in
            next(state, (0..<leafCount).reduce(0) { $0 &+ term(leaf: $1, state) })
        }
    }

    private static func term(leaf: Int, _ state: Int64) -> Int64 { (state &+ Int64(leaf)) &* 0x9E37_79B9_7F4A_7C1 }
    private static func next(_ state: Int64, _ sum: Int64) -> Int64 { state &* 3 &+ sum }
}
