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
        case checked(Int)
        case computed
        case heartbeat
        case timeout(Int)
    }

    typealias Network = SimulatedNetwork<Message, Timer>

    var network: Network
    var coordinator: SimulatedCoordinator
    private var workers: [Int: SimulatedWorker] = [:]
    /// How often the run ended and was gone on with.
    private(set) var failures = 0

    /// - Parameters:
    ///   - conducts: how each worker behaves.
    ///   - job: makes the job from what is on the disk.
    init(
        seed: UInt64, conducts: [SimulatedWorker.Conduct], patience: Duration = .seconds(2),
        job: @escaping (SimulatedDisk) -> any SimulatedJob
    ) {
        network = Network(seed: seed)
        var honest: Set<WorkerID> = []
        for (index, conduct) in conducts.enumerated() {
            workers[index + 1] = SimulatedWorker(node: index + 1, seed: seed, conduct)
            if conduct == .honest { honest.insert(SimulatedWorker.id(index + 1)) }
        }
        coordinator = SimulatedCoordinator(seed: seed, timing: Timing(patience: patience), honest: honest, job: job)
        network.schedule(.tick, for: 0, at: .zero)
    }

    /// Lets a worker come at a time.
    mutating func start(_ node: Int, at time: Duration) {
        network.schedule(.timeout(0), for: node, at: time)
    }

    /// Runs until the job is done or the time is over. A run that ended because nobody's numbers were finite is gone on
    /// with, as people would.
    ///
    /// - Returns: whether it is done.
    mutating func run(until end: Duration, attempts: Int = 4) -> Bool {
        while !coordinator.isFinished, let event = network.step(until: end) {
            if event.node == 0 {
                coordinator.act(on: event, &network)
                guard coordinator.failure != nil, network.isUp(0) else { continue }
                failures += 1
                guard failures < attempts else { return false }
                network.crash(0, at: network.now)
                network.restart(0, at: network.now)
            } else {
                workers[event.node]?.act(on: event, &network)
            }
        }
        return coordinator.isFinished
    }
}

/// Contents of the simulation's blobs.
enum SimulatedBlob {
    /// A name of 32 bytes that tells contents of up to 31 bytes apart.
    static func name(of bytes: Data) -> Data { bytes + Data(count: 31 - bytes.count) + [UInt8(bytes.count)] }

    /// What a worker sends for a task.
    enum Update: Equatable {
        case sum(Int64)
        case notFinite
        case invalid

        var bytes: Data {
            switch self {
            case .sum(let value): withUnsafeBytes(of: value) { Data($0) }
            case .notFinite: Data("not".utf8)
            case .invalid: Data("invalid".utf8)
            }
        }

        init(_ bytes: Data) {
            switch bytes {
            case Self.notFinite.bytes: self = .notFinite
            case Self.invalid.bytes: self = .invalid
            default: self = .sum(bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) })
            }
        }

        var tensors: StateDict {
            switch self {
            case .sum(let value): StateDict([("sum", Tensor(integers: [value]))])
            case .notFinite: StateDict([("sum", Tensor([.nan], shape: [1]))])
            case .invalid: StateDict()
            }
        }
    }
}
