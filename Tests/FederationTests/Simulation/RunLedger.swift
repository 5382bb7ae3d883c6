import Foundation
import SwiftProtobuf
import Tensors
import Transports

@testable import Federation

/// What must hold in every run, whatever the network does; kept beside the coordinator and not by it.
struct RunLedger {
    /// What did not hold.
    private(set) var violations: [String] = []
    private let honest: Set<WorkerID>
    private let timing: Timing
    /// What has been added since the last commit or restart.
    private var added: [TaskKey: Int64] = [:]
    /// Workers that wait for an answer.
    private var waiting: Set<WorkerID> = []

    init(honest: Set<WorkerID>, timing: Timing) { (self.honest, self.timing) = (honest, timing) }

    mutating func restart() { (added, waiting) = ([:], []) }

    /// A round is begun anew.
    mutating func lost() { added = [:] }

    mutating func parked(_ node: Int) { waiting.insert(SimulatedWorker.id(node)) }

    /// An update has gone into the job: the result of a task of this round, from this round's state, and once.
    mutating func added(_ key: TaskKey, _ contribution: Contribution, to job: any SimulatedJob) {
        let disk = job.disk
        if key.round != disk.round || key.base != SimulatedBlob.name(of: disk.bytes) {
            violations.append("\(key) was added in round \(disk.round)")
        }
        let sum = (try? contribution.sum()) ?? 0
        if sum != disk.sum(job.leaves(of: key.id)) { violations.append("\(key) is not the result of its state") }
        if added.updateValue(sum, forKey: key) != nil { violations.append("\(key) was added twice") }
    }

    /// A round was committed: with all that was added, and nothing else.
    mutating func committed(from old: SimulatedDisk, to new: SimulatedDisk) {
        var expected = old
        expected.advance(by: added.values.reduce(0, &+))
        if new != expected { violations.append("round \(old.round) is not what was added") }
        added = [:]
    }

    /// Time has passed: whoever is silent is known to be, and holds nothing.
    mutating func check(_ core: Coordinator<SimulatedCoordinator.Ticket>, at now: Duration) {
        for member in core.members.values {
            if !member.isThere, core.task(heldBy: member.id) != nil {
                violations.append("\(member.name) is \(member.state) and holds a task")
            }
            let silence = now - member.lastHeard
            if member.isThere, !waiting.contains(member.id), silence > timing.patience + .milliseconds(100) {
                violations.append("\(member.name) has been silent for \(silence)")
            }
        }
    }

    /// A worker gets an answer: no work for those shut out, and nothing is called counted that is not.
    mutating func answered(_ node: Int, _ reply: WireReply, _ core: Coordinator<SimulatedCoordinator.Ticket>) {
        let worker = SimulatedWorker.id(node)
        switch reply.kind {
        case .order(let order):
            waiting.remove(worker)
            if core.members[worker]?.state == .excluded { violations.append("\(node) got work, but is shut out") }
            let holders = core.members.keys.filter { core.task(heldBy: $0) == order.task.id }
            if !holders.contains(worker) { violations.append("\(node) got work that is not its own") }
        case .wait, .finished, .problem: waiting.remove(worker)
        default: break
        }
    }

    mutating func happened(_ events: [CoordinatorEvent]) {
        for event in events {
            switch event {
            case .counted(let key, _, _):
                if added[key] == nil { violations.append("\(key) is said to count, but was not added") }
            case .excluded(let member, let reason):
                if honest.contains(member.id) { violations.append("\(member.name) is shut out: \(reason)") }
            default: break
            }
        }
    }
}
