import Crypto
import Foundation
import Privacy
import Synchronization
import Tensors
public import Transports

/// A worker: the logic of `Worker` behind connections to a coordinator.
public final class WorkerRunner: Sendable {
    /// What this machine says of itself.
    public struct Machine: Sendable {
        /// What people call this worker.
        public var name: String
        /// Threads it computes on.
        public var lanes: Int
        /// What the last bits of its results depend on.
        public var arithmetic: String
        /// Whether it brings data of its own.
        public var offersData: Bool

        /// Describes a machine.
        public init(name: String, lanes: Int, arithmetic: String, offersData: Bool) {
            self.name = name
            self.lanes = lanes
            self.arithmetic = arithmetic
            self.offersData = offersData
        }
    }

    /// What the coordinator told this worker when it joined.
    public struct Welcome: Sendable {
        /// The run's name.
        public let run: String
        /// The run file, resolved.
        public let configuration: String
        /// The base model's files.
        public let files: [CoordinatorOptions.File]
        /// Whether workers bring the data.
        public let wantsData: Bool
        let timing: (heartbeat: Duration, patience: Duration)
    }

    /// Why work ended.
    public struct End: Sendable {
        /// Whether the run is over, rather than this worker shut out.
        public let isOver: Bool
        /// What the coordinator said.
        public let reason: String
        /// Whether the run has failed.
        public var hasFailed: Bool { isOver && reason.hasPrefix(WireFinished.failureMark) }
    }

    let link: CoordinatorLink
    let bulk: BulkClient
    private let throttle: Throttle?
    private let cache: BlobCache
    let masking: MaskingPolicy?
    let lanes: Int
    let say: @Sendable (String) -> Void
    let happened: @Sendable (WorkerEvent) -> Void
    let control = CoordinatorLink.Line(.control)
    private let pulse = CoordinatorLink.Line(.control)
    private let isStopped = Atomic(false)
    private let current = Mutex<Pulse>(Pulse())

    /// What heartbeats say, and have learnt.
    private struct Pulse {
        var task: WireTask?
        var progress = 0.0
        var isObsolete = false
    }

    /// Prepares to join; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - line: what the coordinator printed.
    ///   - identity: this worker's key.
    ///   - cache: where downloads are kept.
    ///   - masking: takes part in secure aggregation, and what it insists on; nil does not.
    ///   - outbound: how this worker leaves its site.
    ///   - say: receives what a user should know, a line at a time.
    ///   - happened: receives how the work goes.
    /// - Throws: `TransportError` where the line names no endpoint.
    public init(
        _ line: JoinLine, identity: IdentityKey, machine: Machine, cache: BlobCache, masking: MaskingPolicy? = nil,
        outbound: Outbound = Outbound(),
        say: @escaping @Sendable (String) -> Void, happened: @escaping @Sendable (WorkerEvent) -> Void = { _ in }
    ) throws {
        ServingProcess.prepare()
        var hello = WireHello()
        hello.protocol = WireHello.currentProtocol
        hello.name = machine.name
        hello.machine.lanes = UInt32(machine.lanes)
        hello.machine.memory = Self.memory
        hello.machine.arithmetic = machine.arithmetic
        hello.offersData = machine.offersData
        if let masking { hello.signingKey = masking.key.publicKey.rawRepresentation }
        link = try CoordinatorLink(line, identity: identity, hello: hello, outbound: outbound, say: say)
        throttle = outbound.bytesPerSecond.map { Throttle(limit: $0) }
        bulk = BulkClient(link, throttle: throttle)
        self.cache = cache
        self.masking = masking
        lanes = machine.lanes
        self.say = say
        self.happened = happened
    }

    /// Bytes that this process may take: the machine's, or fewer where a control group limits it.
    private static var memory: UInt64 {
        let all = ProcessInfo.processInfo.physicalMemory
        return ControlGroup.current.memoryLimit.map { min(all, UInt64(max(0, $0))) } ?? all
    }

    /// Joins, waiting for the coordinator if need be.
    ///
    /// - Throws: `TransportError` where it does not let this worker in.
    public func join() throws -> Welcome {
        let welcome = try link.welcome()
        return Welcome(
            run: welcome.run, configuration: welcome.configuration, files: try welcome.files.map { try Self.file($0) },
            wantsData: welcome.wantsData,
            timing: (.milliseconds(Int(welcome.heartbeatMs)), .milliseconds(Int(welcome.patienceMs))))
    }

    private static func file(_ wire: WireFile) throws -> CoordinatorOptions.File {
        guard !wire.name.isEmpty, wire.name != ".", wire.name != "..", !wire.name.contains("/"),
            !wire.name.utf8.contains(0), let size = Int(exactly: wire.blob.size)
        else { throw FederationError(.protocolViolation, "the coordinator names a file \(wire.name.debugDescription)") }
        return CoordinatorOptions.File(name: wire.name, blob: try BlobID(bytes: wire.blob.id), size: size)
    }

    /// Fetches a file that `join` named, unless the cache has it; it stays there as long as the result lives.
    public func fetch(_ file: CoordinatorOptions.File) throws -> CachedBlob { try bulk.fetch(file.blob, into: cache) }

    /// Works until the run is over, this worker is shut out, or `stop` is called.
    ///
    /// - Parameters:
    ///   - agreed: what this worker insists on for every order; `nil` takes orders as they come.
    ///   - witness: watches every order, and everything that is sent.
    /// - Throws: `TransportError` where the coordinator does not let this worker in any more, `.closed` after `stop`;
    ///   `FederationError.brokenPromise` where it asks for less than was agreed, `.forbidden` where `witness` refuses.
    public func work(
        _ welcome: Welcome, with trainer: any LocalTrainer, under agreed: AgreedTerms? = nil,
        watchedBy witness: (any RoundWitness)? = nil
    ) throws -> End {
        // One that gets no answer goes again over a new connection, so that four fit into the coordinator's patience.
        let heart = Thread { [self] in beat(every: welcome.timing.heartbeat) }
        heart.name = "heartbeat"
        heart.start()
        defer { isStopped.store(true, ordering: .releasing) }
        var core = Worker(
            tellsReasons: !welcome.wantsData, disclosure: trainer.disclosure, trust: masking?.trustedKeys ?? .everyone)
        var action = core.start()
        var hands = Hands(agreed: agreed, witness: witness, run: welcome.run, hasOwnData: welcome.wantsData)
        while true {
            if case .leave(let end) = action { return End(isOver: end.isOver, reason: end.reason) }
            let event = try act(action, &hands, trainer, welcome)
            let task = core.task.flatMap { TaskKey($0) }
            action = core.next(after: event)
            for news in WorkerEvent.news(of: event, in: task, next: action) { happened(news) }
            current.withLock { if $0.task != core.task { $0 = Pulse(task: core.task) } }
        }
    }

    /// Ends `work` soon, telling the coordinator.
    public func stop() {
        isStopped.store(true, ordering: .releasing)
        let farewell = Thread { [link] in
            var request = WireRequest()
            request.goodbye.reason = "stopped"
            _ = try? link.ask(request, on: CoordinatorLink.Line(.control), patience: .seconds(1))
            link.stop()
        }
        farewell.start()
        Thread.sleep(forTimeInterval: 0.2)
        link.stop()
    }

    // MARK: Actions

    /// What is at hand for the task.
    struct Hands {
        let agreed: AgreedTerms?
        let witness: (any RoundWitness)?
        let run: String
        /// Whether the data is this worker's own.
        let hasOwnData: Bool
        var state: (id: Data, tensors: StateDict)?
        var files: [Data: CachedBlob] = [:]
        var update: Blob?
        var masked: MaskedResult?
    }

    private func act(
        _ action: Worker.Action, _ hands: inout Hands, _ trainer: any LocalTrainer, _ welcome: Welcome
    ) throws -> Worker.Event {
        switch action {
        case .ask(let request):
            return .replied(try link.ask(request, on: control, patience: welcome.timing.patience).reply)
        case .fetch(let order): return try fetch(order, &hands, trainer)
        case .perform(let order): return try perform(order, &hands, trainer)
        case .upload: return try upload(hands)
        case .exchange(let order): return try exchange(order, &hands, welcome)
        case .leave: return .abandoned
        }
    }

    private func fetch(_ order: WireOrder, _ hands: inout Hands, _ trainer: any LocalTrainer) throws -> Worker.Event {
        do {
            if hands.state?.id != order.base.id {
                let blob = try bulk.fetch(try BlobID(bytes: order.base.id), limit: trainer.stateByteLimit)
                let state = try SafetensorsFile(data: try blob.bytes(), name: "the round's state").stateDict
                try Self.checkTypes(of: state)
                hands.state = (order.base.id, state)
            }
            let wanted = order.attachments.compactMap { Attachment($0) }
            var files: [Data: CachedBlob] = [:]
            for file in wanted {
                files[file.name] = try hands.files[file.name] ?? bulk.fetch(try BlobID(bytes: file.blob), into: cache)
            }
            hands.files = files
            return .fetched
        } catch let error as FederationError where error.code == .notFound {
            return .abandoned
        } catch let error as TransportError {
            throw error
        } catch {
            say("what a task needs could not be fetched: \(error)")
            return .failed(reason: "\(error)")
        }
    }

    /// Refuses a state whose numbers are not float32: digests and sums are of such.
    private static func checkTypes(of state: StateDict) throws {
        guard let (name, tensor) = state.entries.first(where: { $0.tensor.dtype != .float32 }) else { return }
        throw FederationError(
            .protocolViolation,
            "the coordinator's state holds \(name.debugDescription) as \(tensor.dtype.rawValue), expected F32: run the same "
                + "release")
    }

    private func perform(_ order: WireOrder, _ hands: inout Hands, _ trainer: any LocalTrainer) throws -> Worker.Event {
        guard let state = hands.state?.tensors, let round = TaskKey(order.task)?.round else { return .abandoned }
        do {
            let terms = try maskingTerms(order)
            let (binding, ordered) = try witnessed(order, round, state, terms, trainer, hands)
            try checkPolicy(terms, hasOwnData: hands.hasOwnData)
            try hands.agreed?.check(terms, round: round)
            try checkBudget(terms)
            let isRepeat = isRepeat(terms, binding)
            let work = work(order, round, state, isRepeat: isRepeat, hands, trainer.disclosure)
            let (result, isUnchanged) = try withPrefetch(order) {
                guard isRepeat, let terms, let binding, let masking else { return (try trainer.perform(work), false) }
                return try anotherResult(work, trainer, terms, binding, masking)
            }
            try hands.agreed?.check(result, round: round)
            if let terms, let masking, let binding, let ordered {
                var told = result
                told.metrics = trainer.disclosure.told(result.metrics)
                return try mask(
                    told, from: state, terms, masking, binding, ordered, isUnchanged: isUnchanged, &hands)
            }
            if let masking, hands.hasOwnData || masking.coversGivenData { try masking.check(result, nil) }
            guard result.update.count > 0 else { return .performed(nil, result.metrics) }
            if let ordered, let witness = hands.witness {
                try witness.willSend(.update(digest: result.update.contentDigest), of: ordered)
            }
            let blob = try Blob(result.update, threads: ServingProcess.hashingThreads)
            hands.update = blob
            return .performed(WireBlob(blob), result.metrics)
        } catch let error as FederationError where error.code == .cancelled {
            if isStopped.load(ordering: .acquiring) { throw TransportError(.closed, "this worker was stopped") }
            return .abandoned
        } catch let error as FederationError where error.code == .brokenPromise {
            depart(saying: "what the coordinator ordered is not what the run file promised")
            throw error
        } catch let error as FederationError where error.code == .forbidden {
            depart(saying: Self.forbidden)
            throw error
        } catch let error as PrivacyError where error.code == .budgetExceeded {
            say("this worker gives away no more in the run: \(error)")
            return .failed(reason: WireFailure.spentBudget)
        } catch {
            say("a task could not be done: \(error)")
            return .failed(reason: "\(error)")
        }
    }

    /// What the result will be bound to, and the order that the witness has let pass; `nil` where nobody asks for them.
    private func witnessed(
        _ order: WireOrder, _ round: Int, _ state: StateDict, _ terms: MaskingTerms?, _ trainer: any LocalTrainer,
        _ hands: Hands
    ) throws -> (binding: ResultBinding?, ordered: OrderedWork?) {
        guard terms != nil || hands.witness != nil else { return (nil, nil) }
        let files = order.attachments.compactMap { Attachment($0) }
        let binding = ResultBinding(basis: trainer.basis, state: state, work: order.work, attachments: files)
        let ordered = OrderedWork(
            run: hands.run, round: round, basis: trainer.basis, state: binding.state, work: order.work,
            attachments: files, terms: terms)
        try hands.witness?.willWork(ordered, from: state)
        return (binding, ordered)
    }

    private func work(
        _ order: WireOrder, _ round: Int, _ state: StateDict, isRepeat: Bool, _ hands: Hands, _ disclosure: Disclosure
    ) -> LocalWork {
        LocalWork(
            round: round, order: order.work, state: state, isRepeat: isRepeat,
            files: hands.files.mapValues { URL(filePath: $0.path) },
            isCancelled: { [self] in isStopped.load(ordering: .acquiring) || current.withLock { $0.isObsolete } },
            report: { [self] share in
                // Under masks not even this: how fast a task gets on tells how many examples there are.
                let told = order.masking.isEmpty ? disclosure.told(progress: share) : 0
                current.withLock { $0.progress = told }
                happened(.progressed(share))
            })
    }

    /// Tells the coordinator, after `join`, that this worker takes no part; what it cannot bear to tell stays here.
    ///
    /// - Parameter error: why.
    public func decline(for error: any Error) {
        let isForbidden = (error as? FederationError)?.code == .forbidden
        depart(saying: isForbidden ? Self.forbidden : Worker.untoldReason)
    }

    /// What the coordinator hears of a site's policy.
    static let forbidden = "the policy of this worker's site does not allow it"

    /// Says goodbye; whether anyone hears it makes no difference.
    func depart(saying reason: String) {
        var request = WireRequest()
        request.goodbye.reason = reason
        _ = try? link.ask(request, on: control, patience: .seconds(1))
    }

    /// Gets what the next round will need while this one is computed.
    private func withPrefetch<Result>(_ order: WireOrder, _ body: () throws -> Result) rethrows -> Result {
        let ahead = order.ahead.compactMap { Attachment($0) }
        if !ahead.isEmpty {
            let thread = Thread { [cache, link, throttle] in
                let bulk = BulkClient(link, lines: 1, throttle: throttle)
                for file in ahead { _ = try? bulk.fetch(BlobID(bytes: file.blob), into: cache) }
            }
            thread.start()
        }
        return try body()
    }

    private func upload(_ hands: Hands) throws -> Worker.Event {
        guard let update = hands.update else { return .abandoned }
        do {
            try bulk.send(update)
            return .uploaded
        } catch let error as FederationError {
            say("an update could not be sent: \(error)")
            return .failed(reason: "the update could not be sent: \(error)")
        }
    }

    // MARK: Heartbeat

    private func beat(every interval: Duration) {
        while !isStopped.load(ordering: .acquiring) {
            Thread.sleep(forTimeInterval: max(0.05, interval / .seconds(1)))
            let pulse = current.withLock { $0 }
            guard let task = pulse.task else { continue }
            var request = WireRequest()
            request.heartbeat.task = task
            request.heartbeat.progress = pulse.progress
            let reply: WireReply
            do {
                reply = try link.ask(request, on: self.pulse, patience: max(.seconds(1), interval)).reply
            } catch {
                guard !isStopped.load(ordering: .acquiring) else { return }
                say("the coordinator cannot be told that work goes on: \(error)")
                current.withLock { $0.isObsolete = true }  // so that the next question for work meets the error soon
                return
            }
            guard case .alive(let alive) = reply.kind, !alive.taskIsOpen else { continue }
            current.withLock { if $0.task == task { $0.isObsolete = true } }
        }
    }
}
