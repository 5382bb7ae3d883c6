import Foundation
import SwiftProtobuf
import Tensors
import Transports

@testable import Federation

/// A worker's driver in a simulation.
struct SimulatedWorker {
    /// What becomes of the tasks of a worker.
    enum Conduct: CaseIterable {
        /// It does them.
        case honest
        /// It cannot do some, and says so.
        case failing
        /// Its numbers are not finite.
        case notFinite
        /// Its updates are none.
        case invalid
        /// It says that it is at work, for ever.
        case idling
    }

    private let node: Int
    private let conduct: Conduct
    private var random: Tensors.SplitMix64
    private var core = Worker()
    private var action: Worker.Action?
    private var base: SimulatedDisk?
    private var update = Data()
    /// The number of the request whose reply is awaited; a reply to an older one is ignored.
    private var awaited = 0
    private var hasJoined = false

    init(node: Int, seed: UInt64, _ conduct: Conduct) {
        (self.node, self.conduct) = (node, conduct)
        random = Tensors.SplitMix64(seed: seed, stream: UInt64(node))
    }

    static func id(_ node: Int) -> WorkerID { ids[node] }
    static func node(_ id: WorkerID) -> Int { ids.firstIndex(of: id) ?? 0 }

    private static let ids: [WorkerID] = (0..<16).compactMap { node in
        WorkerID(String(repeating: "0", count: 31) + String(node, radix: 16))
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
        if case .leave = action { return }
        network.schedule(.timeout(awaited), for: node, at: network.now + .milliseconds(1_500))
        guard hasJoined else { return network.send(.join, from: node, to: 0) }
        switch action ?? core.start() {
        case .ask(let request): network.send(.request(awaited, request), from: node, to: 0)
        case .fetch(let order): network.send(.get(awaited, order.base.id), from: node, to: 0)
        case .upload: network.send(.put(awaited, update), from: node, to: 0)
        case .perform, .exchange, .leave: break
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
            base = bytes.flatMap { SimulatedDisk($0) }
            happened(base == nil ? .abandoned : .fetched, &network)
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
        if conduct != .idling { network.schedule(.computed, for: node, at: network.now + time) }
        network.schedule(.heartbeat, for: node, at: network.now + .milliseconds(400))
    }

    private mutating func beat(_ network: inout SimulatedRun.Network) {
        guard case .perform(let order) = action else { return }
        network.send(.request(0, .with { $0.heartbeat = .with { $0.task = order.task } }), from: node, to: 0)
        network.schedule(.heartbeat, for: node, at: network.now + .milliseconds(400))
    }

    private mutating func finishWork(_ network: inout SimulatedRun.Network) {
        guard case .perform(let order) = action, let base else { return }
        if conduct == .failing, !random.next().isMultiple(of: 3) {
            return happened(.failed(reason: "no memory"), &network)
        }
        update = result(of: order.work, from: base).bytes
        let blob = WireBlob.with {
            $0.id = SimulatedBlob.name(of: update)
            $0.size = UInt64(update.count)
        }
        happened(.performed(blob, ContributionMetrics(seconds: 1)), &network)
    }

    private func result(of work: Data, from base: SimulatedDisk) -> SimulatedBlob.Update {
        switch conduct {
        case .honest, .failing, .idling:
            .sum(base.sum(work.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }.leaves))
        case .notFinite: .notFinite
        case .invalid: .invalid
        }
    }
}
