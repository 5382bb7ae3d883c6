import Foundation
import SwiftProtobuf
import Tensors
import Transports

@testable import Federation

/// The coordinator's driver in a simulation: does what `CoordinatorServer` does, without threads and sockets.
struct SimulatedCoordinator {
    typealias Ticket = (node: Int, id: Int)

    /// A result that is being looked at.
    private struct Check {
        let key: TaskKey
        let submission: WireSubmission
        let ticket: Ticket
    }

    private let makeJob: (SimulatedDisk) -> any SimulatedJob
    private let timing: Timing
    private var random: Tensors.SplitMix64
    /// What is on the disk.
    private(set) var disk = SimulatedDisk()
    private var job: any SimulatedJob
    private var core: Coordinator<Ticket>
    private var blobs: [Data: (bytes: Data, sender: Int)] = [:]
    private var checks: [Int: Check] = [:]
    private var checkCount = 0
    /// How often it was started again.
    private(set) var restarts = 0
    /// The workers that the run's store has.
    private var known: [WorkerID: String] = [:]
    /// Everything that has happened, also before a crash.
    private(set) var events: [CoordinatorEvent] = []
    /// What must hold whatever happens.
    private(set) var ledger: RunLedger

    init(seed: UInt64, timing: Timing, honest: Set<WorkerID>, job: @escaping (SimulatedDisk) -> any SimulatedJob) {
        (makeJob, self.timing, self.job) = (job, timing, job(disk))
        random = Tensors.SplitMix64(seed: seed, stream: 0)
        core = Coordinator(job: self.job, timing: timing)
        ledger = RunLedger(honest: honest, timing: timing)
    }

    var isFinished: Bool { core.phase == .finished }
    var failure: String? { if case .failed(let reason) = core.phase { reason } else { nil } }

    mutating func act(on event: SimulatedRun.Network.Event, _ network: inout SimulatedRun.Network) {
        let now = event.time
        switch event.occurrence {
        case .message(let message, let sender): receive(message, sender, &network, now)
        case .timer(.commit): commit()
        case .timer(.checked(let number)): conclude(number, &network, now)
        case .timer: network.schedule(.tick, for: 0, at: now + .milliseconds(100))
        case .crashed: (blobs, checks) = ([:], [:])
        case .restarted:
            job = makeJob(disk)
            core = Coordinator(job: job, timing: timing, known: known)
            ledger.restart()
            restarts += 1
            network.schedule(.tick, for: 0, at: now)
        }
        pump(&network, now)
    }

    private mutating func commit() {
        do {
            let report = try job.commit()
            ledger.committed(from: disk, to: job.disk)
            blobs[SimulatedBlob.name(of: disk.bytes)] = nil
            disk = job.disk
            core.didCommit(report)
        } catch let error as FederationError where error.code == .roundLost {
            ledger.lost()
            core.lose(error.description)
        } catch {
            core.fail("\(error)")
        }
    }

    /// What the real coordinator does after each request.
    private mutating func pump(_ network: inout SimulatedRun.Network, _ now: Duration) {
        guard network.isUp(0) else { return }
        if core.advance(to: now) { network.schedule(.commit, for: 0, at: now + .milliseconds(20)) }
        ledger.check(core, at: now)
        if core.wantsRound(at: now) { core.open(from: publish(disk.bytes), at: now) }
        for answer in core.takeAnswers(at: now) {
            ledger.answered(answer.ticket.node, answer.reply, core)
            network.send(.reply(answer.ticket.id, answer.reply), from: 0, to: answer.ticket.node)
        }
        let new = core.takeEvents()
        for case .joined(let member) in new { known[member.id] = member.name }
        ledger.happened(new)
        events += new
    }

    private mutating func publish(_ bytes: Data) -> WireBlob {
        let id = SimulatedBlob.name(of: bytes)
        blobs[id] = (bytes, 0)
        return .with {
            $0.id = id
            $0.size = UInt64(bytes.count)
        }
    }

    private mutating func receive(
        _ message: SimulatedRun.Message, _ node: Int, _ network: inout SimulatedRun.Network, _ now: Duration
    ) {
        let worker = SimulatedWorker.id(node)
        switch message {
        case .join:
            core.join(worker, .with { $0.name = "worker \(node)" }, at: now)
            network.send(.joined, from: 0, to: node)
        case .request(let id, let request):
            guard core.members[worker] != nil else { return network.send(.unknownWorker(id), from: 0, to: node) }
            switch core.handle(request, from: worker, (node, id), at: now) {
            case .reply(let reply):
                ledger.answered(node, reply, core)
                if case .submission(let late) = request.kind { discard(late.update.id, from: node) }
                network.send(.reply(id, reply), from: 0, to: node)
            case .parked: ledger.parked(node)
            case .check(let key, let submission):
                checkCount += 1
                checks[checkCount] = Check(key: key, submission: submission, ticket: (node, id))
                let time = Duration.milliseconds(Int(random.next() % 150))
                network.schedule(.checked(checkCount), for: 0, at: now + time)
            }
        case .get(let id, let name): network.send(.blob(id, blobs[name]?.bytes), from: 0, to: node)
        case .put(let id, let bytes):
            let name = SimulatedBlob.name(of: bytes)
            blobs[name] = blobs[name] ?? (bytes, node)
            network.send(.stored(id), from: 0, to: node)
        default: break
        }
    }

    private mutating func discard(_ name: Data, from node: Int) {
        if blobs[name]?.sender == node { blobs[name] = nil }
    }

    private mutating func conclude(_ number: Int, _ network: inout SimulatedRun.Network, _ now: Duration) {
        guard let check = checks.removeValue(forKey: number) else { return }
        let reply = look(check, now)
        ledger.answered(check.ticket.node, reply, core)
        network.send(.reply(check.ticket.id, reply), from: 0, to: check.ticket.node)
    }

    private mutating func look(_ check: Check, _ now: Duration) -> WireReply {
        let worker = SimulatedWorker.id(check.ticket.node)
        guard let bytes = blobs[check.submission.update.id]?.bytes else {
            core.forget(check.key)
            return .problem(.gone, "upload it again")
        }
        discard(check.submission.update.id, from: check.ticket.node)
        let contribution = Contribution(
            task: check.key.id, worker: worker, update: SimulatedBlob.Update(bytes).tensors, metrics: .init())
        guard contribution.isFinite else { return core.settle(check.key, by: worker, .notFinite, at: now) }
        do {
            try job.add(contribution)
            ledger.added(check.key, contribution, to: job)
            return core.settle(check.key, by: worker, .taken(.init()), at: now)
        } catch {
            return core.settle(check.key, by: worker, .invalid("\(error)"), at: now)
        }
    }
}
