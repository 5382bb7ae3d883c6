import Foundation
import Synchronization
import Tensors
import Transports

@testable import Federation

/// A toy of distributed training: a step's micro-batches are the leaves of a tree, and any worker may do any task. The
/// last number tells whether every leaf counted exactly once in every round.
final class TreeJob: SimulatedJob {
    private struct Open {
        var disk: SimulatedDisk
        /// Leaves that have been counted in this round.
        var leaves: [Int] = []
        var sum: Int64 = 0
        var tasks = 0
    }

    let rounds: Int
    let leafCount: Int
    private let firstWorkers: Int
    private let open: Mutex<Open>

    init(disk: SimulatedDisk = SimulatedDisk(), rounds: Int, leafCount: Int, minimumWorkers: Int = 1) {
        self.rounds = rounds
        self.leafCount = leafCount
        firstWorkers = minimumWorkers
        open = Mutex(Open(disk: disk))
    }

    var round: Int { open.withLock { $0.disk.round } }
    var minimumWorkers: Int { round == 0 ? firstWorkers : 1 }
    var disk: SimulatedDisk { open.withLock { $0.disk } }

    func base() -> StateDict { StateDict([("state", Tensor(integers: [disk.state]))]) }

    func plan(for workers: [WorkerID]) -> RoundPlan {
        let size = max(1, leafCount / max(1, workers.count))
        let ranges = stride(from: 0, to: leafCount, by: size).map { $0..<min($0 + size, leafCount) }
        open.withLock { $0.tasks = ranges.count }
        // Numbers that another way of splitting does not use for other leaves.
        return RoundPlan(tasks: ranges.map { PlannedTask(id: UInt64(leaves: $0)) })
    }

    func order(for task: UInt64) -> WorkOrder { WorkOrder(leaves: leaves(of: task)) }

    func leaves(of task: UInt64) -> Range<Int> { task.leaves }

    func add(_ contribution: Contribution) throws {
        let value = try contribution.sum()
        open.withLock {
            $0.sum &+= value
            $0.leaves += contribution.task.leaves
        }
    }

    func commit() throws -> RoundReport {
        try open.withLock { open in
            guard open.leaves.sorted() == Array(0..<leafCount) else {
                throw FederationError(
                    .corruptState, "round \(open.disk.round) committed with leaves \(open.leaves.sorted())")
            }
            open.disk.advance(by: open.sum)
            (open.sum, open.leaves) = (0, [])
            return RoundReport(round: open.disk.round - 1, loss: 0, contributions: open.tasks, tokens: 0)
        }
    }

    func snapshot() -> [String: StateDict] { ["state": base()] }

    /// What is on the disk after all rounds, computed without anyone's help.
    static func expected(rounds: Int, leafCount: Int) -> SimulatedDisk {
        (0..<rounds).reduce(into: SimulatedDisk()) { disk, _ in disk.advance(by: disk.sum(0..<leafCount)) }
    }
}
