import Foundation
import Synchronization
import Tensors
import Transports

@testable import Federation

/// A toy of federated training: each worker has one leaf of its own, and a round takes those that are in when enough
/// are, or at its deadline.
final class ClientJob: SimulatedJob {
    private struct Open {
        var disk: SimulatedDisk
        var sums: [WorkerID: Int64] = [:]
        var isEnded = false
    }

    private let plannedRounds: Int
    let minimumWorkers: Int
    private let deadline: Duration
    private let open: Mutex<Open>

    init(disk: SimulatedDisk = SimulatedDisk(), rounds: Int, minimumWorkers: Int, deadline: Duration) {
        (plannedRounds, self.minimumWorkers, self.deadline) = (rounds, minimumWorkers, deadline)
        open = Mutex(Open(disk: disk))
    }

    var round: Int { open.withLock { $0.disk.round } }
    var rounds: Int { open.withLock { $0.isEnded ? $0.disk.round : plannedRounds } }
    var workersHaveBudgets: Bool { true }
    var needsItsWorkers: Bool { true }
    func endEarly() { open.withLock { $0.isEnded = true } }
    var disk: SimulatedDisk { open.withLock { $0.disk } }

    func base() -> StateDict { StateDict([("state", Tensor(integers: [disk.state]))]) }

    func plan(for workers: [WorkerID]) -> RoundPlan {
        RoundPlan(tasks: tasks(workers), minimum: minimumWorkers, deadline: deadline)
    }

    func moreTasks(for workers: [WorkerID]) -> [PlannedTask] { tasks(workers) }

    private func tasks(_ workers: [WorkerID]) -> [PlannedTask] {
        workers.map { PlannedTask(id: UInt64(SimulatedWorker.node($0)), worker: $0) }
    }

    func order(for task: UInt64) -> WorkOrder { WorkOrder(leaves: leaves(of: task)) }

    func add(_ contribution: Contribution) throws {
        let value = try contribution.sum()
        try open.withLock { open in
            guard open.sums.updateValue(value, forKey: contribution.worker) == nil else {
                throw FederationError(.corruptState, "\(contribution.worker) was added twice")
            }
        }
    }

    func commit() throws -> RoundReport {
        try open.withLock { open in
            guard open.sums.count >= minimumWorkers else {
                throw FederationError(.corruptState, "round \(open.disk.round) committed with \(open.sums.count)")
            }
            open.disk.advance(by: open.sums.values.reduce(0, &+))
            defer { open.sums = [:] }
            return RoundReport(
                round: open.disk.round - 1, loss: 0, contributions: open.sums.count, tokens: 0)
        }
    }

    func snapshot() -> [String: StateDict] { ["state": base()] }

    func leaves(of task: UInt64) -> Range<Int> { Int(task)..<Int(task) + 1 }
}
