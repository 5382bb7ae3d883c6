import Foundation
import Privacy
import SwiftProtobuf
import Synchronization
import Tensors
public import Transports

/// A coordinator: the logic of `Coordinator` behind one endpoint or two, with a job's work done on a thread of its own.
public final class CoordinatorServer: Sendable {
    /// What becomes of what happens; called on the coordinator's threads, one call at a time.
    public struct Observer: Sendable {
        /// Something happened.
        public var happened: @Sendable (CoordinatorEvent) -> Void
        /// A worker was not let in.
        public var refused: @Sendable (String) -> Void
        /// A round is done: to be made durable before the next begins.
        public var persist: @Sendable (RoundReport) throws -> Void

        /// Creates an observer.
        public init(
            happened: @escaping @Sendable (CoordinatorEvent) -> Void = { _ in },
            refused: @escaping @Sendable (String) -> Void = { _ in },
            persist: @escaping @Sendable (RoundReport) throws -> Void = { _ in }
        ) {
            self.happened = happened
            self.refused = refused
            self.persist = persist
        }
    }

    typealias Core = Coordinator<PendingReply>

    let options: CoordinatorOptions
    let job: any Job
    let observer: Observer
    let core: Mutex<Core>
    private let sessions: SessionTable
    private let control: any RequestServer
    /// Where bulk requests are taken; `nil` where `control` takes them too.
    private let bulk: (any RequestServer)?
    let desk: BulkDesk
    let turns: TurnDesk
    let now: @Sendable () -> Duration
    let wake = WakeUp()
    private let isStopped = Atomic(false)
    /// Events are handed on in the order in which they happened.
    private let telling = Mutex(())
    /// Why nothing can be received any more.
    private let breakdown = Mutex<String?>(nil)
    /// What has gone over the wire.
    public let traffic: Traffic

    /// Binds the endpoints; workers are answered from `run` on.
    ///
    /// - Parameters:
    ///   - job: what the rounds consist of.
    ///   - options: where to listen, whom to let in, what to tell workers that join.
    ///   - shelf: what workers may download.
    ///   - authorize: decides about a worker that shakes hands.
    /// - Throws: `TransportError` where an endpoint cannot be bound.
    public init(
        _ job: any Job, options: CoordinatorOptions, shelf: BlobShelf, observer: Observer,
        authorize: @escaping SessionTable.Authorize
    ) throws {
        ServingProcess.prepare()
        let clock = ContinuousClock()
        let start = clock.now
        let now: @Sendable () -> Duration = { clock.now - start }
        self.now = now
        self.job = job
        self.options = options
        self.observer = observer
        core = Mutex(
            Core(
                job: job, timing: options.timing, known: options.known, barred: options.barred,
                signingKeys: options.signingKeys))
        turns = TurnDesk(job, longPoll: options.timing.longPoll)
        traffic = Traffic(onRefusal: observer.refused)
        sessions = SessionTable(security: options.security, authorize: authorize)
        var limits = options.uploadLimits
        limits.idleTime = options.timing.patience
        desk = BulkDesk(
            shelf: shelf, inbox: BlobInbox(limits: limits),
            limits: BlobLimits(size: options.updateLimit, chunkSizes: 64 << 10...Self.uploadChunkLimit))
        let transport = try TransportRegistry.transport(for: options.endpoint)
        let hasOneEndpoint = options.hasOneEndpoint
        control = try transport.listen(
            on: options.endpoint, limit: hasOneEndpoint ? Self.bulkLimit : Self.controlLimit)
        bulk =
            hasOneEndpoint
            ? nil : try transport.listen(on: options.endpoint.bulk(of: control.endpoint), limit: Self.bulkLimit)
    }

    /// The most bytes of a record that a worker receives: a chunk or a message, and what is put around it.
    static let recordLimit = max(16 << 20, RecordService.messageLimit) + 64 << 10
    /// The most bytes of a control record that it takes, and of a bulk record. nanomsg takes memory for a message before
    /// anyone can tell whose it is, so this is what a connection costs at most.
    static let controlLimit = 128 << 10
    static let bulkLimit = uploadChunkLimit + 64 << 10
    /// The largest chunk that a worker may send.
    private static let uploadChunkLimit = BlobManifest.defaultChunkSize

    /// Where it listens for control requests.
    public var endpoint: Endpoint { control.endpoint }
    /// Where it listens for what is downloaded and uploaded.
    public var bulkEndpoint: Endpoint { bulk?.endpoint ?? control.endpoint }
    /// The workers that have joined, by name.
    public var members: [Member] { core.withLock { $0.members.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) } } }

    /// Serves until the run is done, or `stop` is called.
    ///
    /// - Throws: `FederationError` where the run cannot go on.
    public func run() throws {
        defer { close() }
        let lane = serve()
        defer { lane?.close() }
        while !isStopped.load(ordering: .acquiring) {
            try turn()
            if let end = end() { return try conclude(end) }
            wake.wait(for: .milliseconds(100))
        }
    }

    /// Makes `run` return after the round that is being committed, if any.
    public func stop() {
        isStopped.store(true, ordering: .releasing)
        job.secureExchange?.interruptExchange()
        wake.signal()
    }

    /// Shuts a worker out: its sessions end at once.
    public func exclude(_ worker: WorkerID, reason: String) {
        core.withLock { $0.exclude(worker, reason: reason) }
        shutOut(worker)
        wake.signal()
    }

    private func close() {
        control.close()
        bulk?.close()
    }

    /// Starts to answer; returns the threads of bulk requests where these come by the control endpoint.
    private func serve() -> RequestLane? {
        guard let bulk else {
            let lane = RequestLane(threads: options.bulkThreads, name: "bulk")
            service(control) { [self] incoming in
                if incoming.request.isBulk {
                    lane.add { [self] in answerBulk(incoming) }
                } else {
                    answerControl(incoming)
                }
            }.start(threads: 2, name: "control")
            return lane
        }
        service(control, handle: { [self] in answerControl($0) }).start(threads: 2, name: "control")
        service(bulk, handle: { [self] in answerBulk($0) }).start(threads: options.bulkThreads, name: "bulk")
        return nil
    }

    private func service(
        _ server: any RequestServer, handle: @escaping @Sendable (RecordService.Incoming) -> Void
    ) -> RecordService {
        RecordService(server, sessions: sessions, traffic: traffic, now: now, handle: handle) { [self] error in
            breakdown.withLock { $0 = $0 ?? "\(error)" }
            wake.signal()
        }
    }

    // MARK: Rounds

    /// Commits and opens rounds as they become due; ends a run that no worker can reach any more.
    private func turn() throws {
        if core.withLock({ $0.advance(to: now()) }) { try commit() }
        if core.withLock({ $0.wantsRound(at: now()) }) { try open() }
        if end() == nil, let reason = breakdown.withLock({ $0 }) { core.withLock { $0.fail(reason) } }
        flush()
    }

    private func commit() throws {
        flush()
        if let base = core.withLock({ $0.baseID }) { desk.shelf.withdraw(try BlobID(bytes: base)) }
        do {
            guard try exchangeOrGiveUp() else { return }
            let report = try job.commit()
            try observer.persist(report)
            core.withLock { $0.didCommit(report) }
        } catch let error as FederationError where error.code == .roundLost {
            core.withLock { $0.lose(error.description) }
        } catch let error as PrivacyError where error.code == .budgetExceeded {
            core.withLock { $0.endForBudget(error.description) }
        } catch let error as FederationError where error.code == .cancelled && isStopped.load(ordering: .acquiring) {
            return
        } catch {
            core.withLock { $0.fail("\(error)") }
        }
    }

    /// Goes through the exchange; a round that ends without a sum after shares were asked for is given up.
    ///
    /// - Returns: whether a commit is due.
    private func exchangeOrGiveUp() throws -> Bool {
        do {
            try exchange()
            return true
        } catch let error as FederationError where error.code == .roundSpent {
            return core.withLock { $0.giveUp(error.description) }
        }
    }

    private func open() throws {
        let blob = try Blob(
            try job.base(), chunkSize: options.chunkSize, threads: ServingProcess.hashingThreads)
        desk.shelf.publish(blob)
        core.withLock { core in
            core.open(from: .init(blob), at: now())
        }
    }

    /// Sends what has become due and tells what has happened.
    func flush() {
        telling.withLock { _ in
            let (answers, events) = core.withLock { core in
                (core.takeAnswers(at: now()), core.takeEvents())
            }
            for answer in answers { answer.ticket.send(answer.reply) }
            for event in events {
                switch event {
                case .excluded(let member, _), .barred(let member, _): shutOut(member.id)
                default: break
                }
                observer.happened(event)
            }
        }
        turns.flush(at: now())
    }

    private func shutOut(_ worker: WorkerID) {
        sessions.closeSessions(of: worker)
        desk.inbox.discardAll(from: worker.description)
    }

    private func end() -> Core.Phase? {
        let phase = core.withLock { $0.phase }
        switch phase {
        case .finished, .failed: return phase
        case .gathering, .open, .committing: return nil
        }
    }

    /// Tells the workers that are there that the run is over, as far as they ask within a few seconds.
    private func conclude(_ end: Core.Phase) throws {
        let deadline = now() + options.farewell
        while now() < deadline, core.withLock({ $0.hasListeners }) {
            flush()
            wake.wait(for: .milliseconds(50))
        }
        flush()
        // A socket that is closed drops what it has not sent yet, and a worker without this reply would wait for good.
        if core.withLock({ !$0.members.isEmpty }) { Thread.sleep(forTimeInterval: options.linger / .seconds(1)) }
        if case .failed(let reason) = end { throw FederationError(.closed, reason) }
    }

    // MARK: Requests

    private func answerControl(_ incoming: RecordService.Incoming) {
        switch incoming.request.kind {
        case .hello(let hello): incoming.reply.send(welcome(incoming.worker, hello))
        case .exchange(let exchange): answer(exchange, incoming)
        default:
            let outcome = core.withLock {
                $0.handle(incoming.request, from: incoming.worker, incoming.reply, at: now())
            }
            switch outcome {
            case .reply(let reply):
                if case .submission(let late) = incoming.request.kind, case .verdict(let verdict) = reply.kind,
                    verdict.outcome == .late
                {
                    drop(late, of: incoming.worker)
                }
                incoming.reply.send(reply)
            case .parked: break
            case .check(let key, let submission):
                incoming.reply.send(check(key, submission, from: incoming.worker))
            }
        }
        // A round that is complete is committed on the loop's thread; answers that are due can go at once.
        flush()
        wake.signal()
    }

    private func welcome(_ worker: WorkerID, _ hello: WireHello) -> WireReply {
        guard hello.protocol == WireHello.currentProtocol else {
            return .problem(
                .excluded,
                "this worker speaks version \(hello.protocol) of the protocol, the coordinator "
                    + "\(WireHello.currentProtocol): run the same release at both ends")
        }
        if let refusal = core.withLock({ $0.join(worker, hello.bounded, at: now()) }) {
            return .problem(.excluded, refusal)
        }
        var reply = WireReply()
        reply.welcome = options.welcome(bulk: bulkEndpoint)
        return reply
    }

    /// Looks at a result and lets the job take it in.
    private func check(_ key: TaskKey, _ submission: WireSubmission, from worker: WorkerID) -> WireReply {
        var finding: Core.Finding
        do {
            finding = try look(key, submission, worker)
        } catch let error as FederationError where error.code == .notFound {
            core.withLock { $0.forget(key) }
            return .problem(.gone, "the upload is not here: send it again")
        } catch {
            finding = .invalid("\(error)")
        }
        drop(submission, of: worker)
        return core.withLock { $0.settle(key, by: worker, finding, at: now()) }
    }

    private func look(_ key: TaskKey, _ submission: WireSubmission, _ worker: WorkerID) throws -> Core.Finding {
        let contribution = Contribution(
            task: key.id, worker: worker,
            update: submission.hasUpdate ? try update(submission.update) : StateDict(),
            metrics: job.disclosure.told(try ContributionMetrics(submission.metrics)),
            advertisement: submission.advertisement.isEmpty
                ? nil : (try signingKey(of: worker), submission.advertisement),
            trust: try TrustedKeys(submission.hasTrust ? submission.trust : nil))
        guard contribution.isFinite else { return .notFinite }
        try job.add(contribution)
        return .taken(contribution.metrics)
    }

    private func update(_ wire: WireBlob) throws -> StateDict {
        let bytes = try upload(wire)
        return try SafetensorsFile(data: bytes, name: "the update", headerLimit: Self.headerLimit).stateDict
    }

    func upload(_ wire: WireBlob) throws -> Data {
        let id = try BlobID(bytes: wire.id)
        // Where two workers send the same bytes, one may be done while the other's last chunk is being stored.
        if let missing = try? desk.inbox.missing(of: id, now: now()), missing.count > 0 {
            throw FederationError(.notFound, "\(missing.count) chunks of the upload are still missing")
        }
        return try desk.inbox.take(id, now: now()).bytes()
    }

    /// The most bytes of an update's names and shapes, whose parsing takes many times the memory.
    private static let headerLimit = 4 << 20

    private func drop(_ submission: WireSubmission, of worker: WorkerID) {
        if submission.hasUpdate { drop(submission.update, of: worker) }
    }

    func drop(_ upload: WireBlob, of worker: WorkerID) {
        guard let id = try? BlobID(bytes: upload.id) else { return }
        desk.inbox.discard(id, from: worker.description)
    }

    private func answerBulk(_ incoming: RecordService.Incoming) {
        let (state, exclusion) = core.withLock {
            ($0.members[incoming.worker]?.state, $0.exclusion(of: incoming.worker))
        }
        switch state {
        case nil: return incoming.reply.send(.joinFirst)
        case .excluded: return incoming.reply.send(.problem(.excluded, exclusion))
        default: break
        }
        let (reply, payload) = desk.answer(
            incoming.request, incoming.payload, from: incoming.worker, now: now())
        incoming.reply.send(reply, payload: payload)
    }
}
