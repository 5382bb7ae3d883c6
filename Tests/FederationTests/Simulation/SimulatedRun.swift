import Foundation
import SwiftProtobuf
import Tensors
import Transports

@testable import Federation

/// A coordinator and its workers on a simulated network: the logic of the real ones, everything else by a seed.
struct SimulatedRun {
    /// What goes over the network. Requests are numbered so that a late reply is not taken for another's.
    enum Message {
        case join
        case joined
        case request(Int, WireRequest)
        case reply(Int, WireReply)
        case get(Int, Data)
        case blob(Int, Data?)
        case put(Int, Data)
        case stored(Int)
        case unknownWorker(Int)
    }

    enum Timer {
        case tick
        case commit
        case computed
        case heartbeat
        case timeout(Int)
    }

    typealias Network = SimulatedNetwork<Message, Timer>

    var network: Network
    var coordinator: SimulatedCoordinator
    var workers: [Int: SimulatedWorker] = [:]

    init(
        seed: UInt64, workers count: Int, rounds: Int, leaves: Int, minimumWorkers: Int = 1,
        patience: Duration = .seconds(2)
    ) {
        network = Network(seed: seed)
        coordinator = SimulatedCoordinator(
            rounds: rounds, leaves: leaves, minimumWorkers: minimumWorkers, timing: Timing(patience: patience))
        for node in 1...count { workers[node] = SimulatedWorker(node: node, seed: seed) }
        network.schedule(.tick, for: 0, at: .zero)
    }

    /// Lets a worker come at a time.
    mutating func start(_ node: Int, at time: Duration) {
        network.schedule(.timeout(0), for: node, at: time)
    }

    /// Runs until the job is done or the time is over.
    ///
    /// - Returns: whether it is done.
    mutating func run(until end: Duration) -> Bool {
        while !coordinator.isFinished, let event = network.step(until: end) {
            if event.node == 0 {
                coordinator.act(on: event, &network)
            } else {
                workers[event.node]?.act(on: event, &network)
            }
        }
        return coordinator.isFinished
    }
}

/// The coordinator's driver in a simulation.
struct SimulatedCoordinator {
    private let (rounds, leaves, minimumWorkers): (Int, Int, Int)
    private let timing: Timing
    /// What is on the disk.
    private(set) var disk = TreeJob.Disk()
    private var job: TreeJob
    private var core: Coordinator<(node: Int, id: Int)>
    private var blobs: [Data: Data] = [:]
    /// Everything that has happened, also before a crash.
    private(set) var events: [CoordinatorEvent] = []

    init(rounds: Int, leaves: Int, minimumWorkers: Int, timing: Timing) {
        (self.rounds, self.leaves, self.minimumWorkers, self.timing) = (rounds, leaves, minimumWorkers, timing)
        job = TreeJob(disk: disk, rounds: rounds, leafCount: leaves, minimumWorkers: minimumWorkers)
        core = Coordinator(job: job, timing: timing)
    }

    var isFinished: Bool { core.phase == .finished }
    var failure: String? { if case .failed(let reason) = core.phase { reason } else { nil } }

    mutating func act(on event: SimulatedRun.Network.Event, _ network: inout SimulatedRun.Network) {
        let now = event.time
        switch event.occurrence {
        case .message(let message, let sender): receive(message, sender, &network, now)
        case .timer(.commit): commit()
        case .timer: network.schedule(.tick, for: 0, at: now + .milliseconds(100))
        case .crashed: blobs = [:]
        case .restarted:
            job = TreeJob(disk: disk, rounds: rounds, leafCount: leaves, minimumWorkers: minimumWorkers)
            core = Coordinator(job: job, timing: timing)
            network.schedule(.tick, for: 0, at: now)
        }
        pump(&network, now)
    }

    private mutating func commit() {
        do {
            let report = try job.commit()
            disk = job.disk
            blobs = [:]
            core.didCommit(report)
        } catch {
            core.fail("\(error)")
        }
    }

    /// What the real coordinator does after each request.
    private mutating func pump(_ network: inout SimulatedRun.Network, _ now: Duration) {
        guard network.isUp(0) else { return }
        if core.advance(to: now) { network.schedule(.commit, for: 0, at: now + .milliseconds(20)) }
        if core.wantsRound() {
            let bytes = withUnsafeBytes(of: disk) { Data($0) }
            core.open(from: publish(bytes), at: now)
        }
        for answer in core.takeAnswers(at: now) {
            network.send(.reply(answer.ticket.id, answer.reply), from: 0, to: answer.ticket.node)
        }
        events += core.takeEvents()
    }

    private mutating func publish(_ bytes: Data) -> WireBlob {
        let id = SimulatedBlob.name(of: bytes)
        blobs[id] = bytes
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
            case .reply(let reply): network.send(.reply(id, reply), from: 0, to: node)
            case .parked: break
            case .check(let key, let submission):
                network.send(.reply(id, check(key, submission, worker, now)), from: 0, to: node)
            }
        case .get(let id, let name): network.send(.blob(id, blobs[name]), from: 0, to: node)
        case .put(let id, let bytes):
            blobs[SimulatedBlob.name(of: bytes)] = bytes
            network.send(.stored(id), from: 0, to: node)
        default: break
        }
    }

    private mutating func check(
        _ key: TaskKey, _ submission: WireSubmission, _ worker: WorkerID, _ now: Duration
    ) -> WireReply {
        guard let bytes = blobs[submission.update.id] else {
            core.forget(key)
            return .problem(.gone, "upload it again")
        }
        let sum = bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
        let contribution = Contribution(
            task: key.id, worker: worker, update: StateDict([("sum", Tensor(integers: [sum]))]), metrics: .init())
        do {
            try job.add(contribution)
            return core.settle(key, by: worker, metrics: .init(), refusal: nil, at: now)
        } catch {
            return core.settle(key, by: worker, metrics: .init(), refusal: "\(error)", at: now)
        }
    }
}

enum SimulatedBlob {
    /// A name of 32 bytes that tells contents of up to 32 bytes apart.
    static func name(of bytes: Data) -> Data { bytes + Data(count: 32 - bytes.count) }
}

/// A worker's driver in a simulation.
struct SimulatedWorker {
    private let node: Int
    private var random: Tensors.SplitMix64
    private var core = Worker()
    private var action: Worker.Action?
    private var base: Data?
    /// The number of the request whose reply is awaited; a reply to an older one is ignored.
    private var awaited = 0
    private var hasJoined = false

    init(node: Int, seed: UInt64) {
        self.node = node
        random = Tensors.SplitMix64(seed: seed, stream: UInt64(node))
    }

    static func id(_ node: Int) -> WorkerID {
        let digits = String(node, radix: 16)
        guard let id = WorkerID(String(repeating: "0", count: 32 - digits.count) + digits) else {
            fatalError("\(node)")
        }
        return id
    }

    mutating func act(on event: SimulatedRun.Network.Event, _ network: inout SimulatedRun.Network) {
        switch event.occurrence {
        case .crashed: (core, action, base, hasJoined) = (Worker(), nil, nil, false)
        case .restarted: ask(&network)
        case .timer(.timeout(let number)): if number == awaited { ask(&network) }
        case .timer(.computed): finishWork(&network)
        case .timer(.heartbeat): beat(&network)
        case .timer: break
        case .message(let message, _): receive(message, &network)
        }
    }

    /// Sends what the action calls for; anew after a timeout.
    private mutating func ask(_ network: inout SimulatedRun.Network) {
        awaited += 1
        network.schedule(.timeout(awaited), for: node, at: network.now + .milliseconds(1_500))
        guard hasJoined else { return network.send(.join, from: node, to: 0) }
        switch action ?? core.start() {
        case .ask(let request): network.send(.request(awaited, request), from: node, to: 0)
        case .fetch(let order): network.send(.get(awaited, order.base.id), from: node, to: 0)
        case .upload(_, let blob): network.send(.put(awaited, blob.id), from: node, to: 0)
        case .perform, .leave: break
        }
    }

    private mutating func receive(_ message: SimulatedRun.Message, _ network: inout SimulatedRun.Network) {
        switch message {
        case .joined:
            guard !hasJoined else { return }
            hasJoined = true
            action = action ?? core.start()
            ask(&network)
        case .unknownWorker(let id):
            guard id == awaited else { return }
            hasJoined = false
            ask(&network)
        case .reply(let id, let reply):
            // A heartbeat's reply has the number 0.
            guard id == awaited, case .ask = action else { return }
            happened(.replied(reply), &network)
        case .blob(let id, let bytes):
            guard id == awaited, case .fetch = action else { return }
            base = bytes
            happened(bytes == nil ? .abandoned : .fetched, &network)
        case .stored(let id):
            guard id == awaited, case .upload = action else { return }
            happened(.uploaded, &network)
        default: break
        }
    }

    private mutating func happened(_ event: Worker.Event, _ network: inout SimulatedRun.Network) {
        action = core.next(after: event)
        guard case .perform = action else { return ask(&network) }
        awaited += 1  // nothing is awaited while computing
        let time = Duration.milliseconds(Int(random.next() % 900) + 50)
        network.schedule(.computed, for: node, at: network.now + time)
        network.schedule(.heartbeat, for: node, at: network.now + .milliseconds(400))
    }

    private mutating func beat(_ network: inout SimulatedRun.Network) {
        guard case .perform(let order) = action else { return }
        network.send(.request(0, .with { $0.heartbeat = .with { $0.task = order.task } }), from: node, to: 0)
        network.schedule(.heartbeat, for: node, at: network.now + .milliseconds(400))
    }

    private mutating func finishWork(_ network: inout SimulatedRun.Network) {
        guard case .perform(let order) = action, let base else { return }
        let disk = base.withUnsafeBytes { $0.loadUnaligned(as: TreeJob.Disk.self) }
        let sum = TreeJob.sum(of: order.work, from: disk.state)
        let bytes = withUnsafeBytes(of: sum) { Data($0) }
        let blob = WireBlob.with {
            $0.id = SimulatedBlob.name(of: bytes)
            $0.size = UInt64(bytes.count)
        }
        happened(.performed(blob, ContributionMetrics(seconds: 1)), &network)
    }
}
