import Federation
import Foundation
import Transports

/// Tells people what happens in a shared run, and the store what is worth keeping.
final class RunLog: Sendable {
    private let store: RunStore
    private let say: @Sendable (String) -> Void

    init(_ store: RunStore, _ display: ProgressDisplay) {
        self.store = store
        say = { display.say($0) }
    }

    func refused(_ reason: String) { say("a worker was not let in: \(reason)") }

    func happened(_ event: CoordinatorEvent) {
        switch event {
        case .joined(let member):
            say("\(member.name) has joined (\(member.lanes) lanes, \(member.arithmetic))")
            record(member)
        case .fellSilent(let member, let task):
            say("\(member.name) is silent" + (task.map { ": \($0) goes to another" } ?? ""))
        case .left(let member, let reason): say("\(member.name) has left: \(reason)")
        case .excluded(let member, let reason): say("\(member.name) is shut out: \(reason)")
        case .refused(let key, let worker, let reason): say("\(key): the result of \(worker) is refused: \(reason)")
        case .taskFailed(let key, let worker, let reason): say("\(key): \(worker) could not do it: \(reason)")
        case .closedEarly(let round, let results, let tasks):
            say("round \(round) closes with \(results) of \(tasks) results")
        case .waitingBeyondDeadline(let round, let results, let needed):
            say("round \(round): \(results) of \(needed) results needed are in at the deadline; waiting for more")
        case .failed(let reason): say("the run cannot go on: \(reason)")
        case .roundOpened, .counted, .late, .committed, .finished: break
        }
    }

    private func record(_ member: Member) {
        let worker = WorkerRecord(
            fingerprint: member.id.description, name: member.name, publicKey: Data(),
            machine: "{\"lanes\":\(member.lanes)}", seen: Date())
        try? store.record(worker)
    }
}
