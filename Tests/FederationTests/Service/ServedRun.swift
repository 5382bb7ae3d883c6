import Foundation
import Synchronization
import Testing
import Transports

@testable import Federation

/// A coordinator in this process, reached over real sockets, with a toy to compute.
typealias ServedRun = Served<ToyJob>

/// A coordinator in this process, reached over real sockets.
final class Served<Work: Job>: Sendable {
    let job: Work
    let server: CoordinatorServer
    let line: JoinLine
    let shelf = BlobShelf()
    let folder: ScratchFolder
    private let admission: TestAdmission
    private let log = EventLog()
    private let serving: Mutex<BlockingCall<Void>?> = Mutex(nil)

    init(
        _ job: Work, endpoint: String = "tcp://127.0.0.1:0", isInsecure: Bool = false,
        patience: Duration = .seconds(2), happened: @escaping @Sendable (CoordinatorEvent) -> Void = { _ in },
        persist: @escaping @Sendable (RoundReport) throws -> Void = { _ in },
        configure: (inout CoordinatorOptions, BlobShelf) throws -> Void = { _, _ in }
    ) throws {
        self.job = job
        folder = try ScratchFolder()
        let (key, token) = (IdentityKey(), JoinToken())
        admission = TestAdmission(token)
        var options = CoordinatorOptions(
            endpoint: try Endpoint(endpoint), security: isInsecure ? .insecure : .encrypted(key), run: "toy",
            updateLimit: 1 << 20)
        options.timing = Timing(patience: patience)
        options.farewell = .seconds(30)
        try configure(&options, shelf)
        server = try CoordinatorServer(
            job, options: options, shelf: shelf,
            observer: .init(
                happened: { [log] event in
                    log.events.withLock { $0.append(event) }
                    happened(event)
                },
                refused: { [log] reason in log.refusals.withLock { $0.append(reason) } }, persist: persist)
        ) { [admission] (request) throws(Refusal) in try admission.decide(request) }
        line = JoinLine(
            address: server.endpoint.description,
            coordinator: isInsecure ? .insecure : .pinned(key.publicIdentity), token: token)
    }

    /// Begins to answer.
    func start() { serving.withLock { $0 = BlockingCall { [server] in try server.run() } } }

    /// Waits until the run is over.
    func end() async throws { try await serving.withLock { $0 }?.value() }

    var events: [CoordinatorEvent] { log.events.withLock { $0 } }
    var refusals: [String] { log.refusals.withLock { $0 } }

    /// Lets a worker work until the end, on a thread.
    func work(
        as name: String, identity: IdentityKey = IdentityKey(), over line: JoinLine? = nil,
        masking: MaskingPolicy? = nil, under agreed: AgreedTerms? = nil, watchedBy witness: (any RoundWitness)? = nil,
        _ trainer: any LocalTrainer = ToyTrainer(),
        happened: @escaping @Sendable (WorkerRunner, WorkerEvent) -> Void = { _, _ in }
    ) throws -> ServedWorker {
        let cache = try BlobCache(folder: "\(folder.path)/\(name)", limit: 1 << 24)
        return try ServedWorker(
            line ?? self.line, identity: identity, name: name, cache: cache, masking: masking, under: agreed,
            watchedBy: witness, trainer, happened)
    }

    /// A connection to the control endpoint.
    func dialer() throws -> any RequestDialer {
        try TransportRegistry.transport(for: server.endpoint).dial(
            server.endpoint, limit: CoordinatorServer.recordLimit)
    }

    /// A handshake that will be let in.
    func handshake() throws -> ClientHandshake {
        try ClientHandshake(identity: IdentityKey(), coordinator: line.coordinator, token: line.token)
    }

    /// Revokes a worker's key and ends its sessions.
    func revoke(_ worker: WorkerID) {
        admission.enrolment.withLock { $0.revoke(worker, now: Date()) }
        server.exclude(worker, reason: "its key was revoked")
    }
}

extension Served where Work == ToyJob {
    convenience init(
        endpoint: String = "tcp://127.0.0.1:0", isInsecure: Bool = false,
        persist: @escaping @Sendable (RoundReport) throws -> Void = { _ in },
        configure: (inout CoordinatorOptions, BlobShelf) throws -> Void = { _, _ in }
    ) throws {
        try self.init(
            ToyJob(), endpoint: endpoint, isInsecure: isInsecure, persist: persist, configure: configure)
    }

    /// Expects that the run ends with what one process computes.
    func expectEnd(_ location: SourceLocation = #_sourceLocation) async throws {
        try await end()
        let isSame = job.numbers == job.expected
        #expect(isSame, "\(events.suffix(5))", sourceLocation: location)
    }
}

/// What has happened.
final class EventLog: Sendable {
    let events = Mutex<[CoordinatorEvent]>([])
    let refusals = Mutex<[String]>([])
}

/// Who may come.
final class TestAdmission: Sendable {
    let enrolment: Mutex<Enrolment>

    init(_ token: JoinToken) {
        var list = Enrolment()
        list.add(token, expires: nil, uses: nil)
        enrolment = Mutex(list)
    }

    func decide(_ request: HelloRequest) throws(Refusal) -> Data {
        let result = enrolment.withLock { enrolment -> Result<Void, Refusal> in
            do throws(Refusal) {
                _ = try enrolment.admit(request.identity, token: request.token, now: Date())
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return Data()
    }
}

/// A worker in this process.
final class ServedWorker: Sendable {
    let id: WorkerID
    let runner: WorkerRunner
    private let working: BlockingCall<WorkerRunner.End>
    private let said = SharedLines()

    init(
        _ line: JoinLine, identity: IdentityKey, name: String, cache: BlobCache, masking: MaskingPolicy?,
        under agreed: AgreedTerms?, watchedBy witness: (any RoundWitness)?, _ trainer: any LocalTrainer,
        _ happened: @escaping @Sendable (WorkerRunner, WorkerEvent) -> Void
    ) throws {
        let machine = WorkerRunner.Machine(name: name, lanes: 1, arithmetic: "whole numbers", offersData: false)
        let this = Mutex<WorkerRunner?>(nil)
        let runner = try WorkerRunner(
            line, identity: identity, machine: machine, cache: cache, masking: masking,
            say: { [said] line in said.lines.withLock { $0.append(line) } },
            happened: { event in this.withLock { $0 }.map { happened($0, event) } })
        this.withLock { $0 = runner }
        id = identity.publicIdentity.fingerprint
        self.runner = runner
        working = BlockingCall { try runner.work(try runner.join(), with: trainer, under: agreed, watchedBy: witness) }
    }

    /// What it told its user.
    var lines: [String] { said.lines.withLock { $0 } }

    /// Why it stopped.
    func end() async throws -> WorkerRunner.End { try await working.value() }
}

/// Lines that threads add to.
final class SharedLines: Sendable {
    let lines = Mutex<[String]>([])
}

/// Lets threads through once it is open.
final class Gate: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    /// Blocks until it is open.
    func wait() { while !isOpen.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.002) } }
}

/// Work that blocks, on a thread of its own.
final class BlockingCall<Value: Sendable>: Sendable {
    private let result = AsyncStream.makeStream(of: Result<Value, any Error>.self)

    /// Work that does not end is given up: the test then fails, and does not wait for ever.
    init(_ body: @escaping @Sendable () throws -> Value) {
        DispatchQueue.global().asyncAfter(deadline: .now() + 300) { [weak self] in
            self?.result.continuation.yield(.failure(FederationError(.closed, "nothing came of it in 300 s")))
        }
        Thread.detachNewThread { [result] in
            result.continuation.yield(Result { try body() })
            result.continuation.finish()
        }
    }

    /// What came of it; asked for once.
    func value() async throws -> Value {
        for await result in result.stream { return try result.get() }
        throw CancellationError()
    }
}

/// Does something that blocks away from the threads that tests share.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await BlockingCall(body).value()
}
