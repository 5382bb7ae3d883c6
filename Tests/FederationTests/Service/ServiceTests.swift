import Foundation
import Privacy
import SwiftProtobuf
import Synchronization
import Tensors
import TestSupport
import Testing
import Transports

@testable import Federation

@Suite("A coordinator and workers over sockets", .ownThreads, .timeLimit(.minutes(10)))
struct ServiceTests {
    @Test(
        "end with what one process computes", arguments: ["tcp://127.0.0.1:0", "ws://127.0.0.1:0", "ipc"],
        [true, false]
    )
    func endpoints(endpoint: String, isInsecure: Bool) async throws {
        let socket = "ipc:///tmp/lorad-\(UUID().uuidString.prefix(8))"
        let run = try ServedRun(
            ToyJob(minimumWorkers: 3), endpoint: endpoint == "ipc" ? socket : endpoint, isInsecure: isInsecure)
        run.start()
        let workers = try (0..<3).map { try run.work(as: "w\($0)") }
        try await run.expectEnd()
        for worker in workers {
            let end = try await worker.end()
            #expect(end.isOver && end.reason == "the run is done")
        }
        let counts = run.server.traffic.counts
        #expect(counts.workers.count == 3 && counts.refusedWorkers == 0)
        #expect(counts.received > 20 * 4 * ToyJob.width, "20 updates")
    }

    @Test(
        "end the same over one port, with downloads of many chunks beside",
        arguments: ["tcp://127.0.0.1:0", "ws://127.0.0.1:0/lorad", "ipc"])
    func oneEndpoint(endpoint: String) async throws {
        let socket = "ipc:///tmp/lorad-\(UUID().uuidString.prefix(8))"
        let bytes = sampleBytes(3 << 20)
        let blob = try Blob(MemorySource(bytes))
        let run = try ServedRun(
            ToyJob(minimumWorkers: 2), endpoint: endpoint == "ipc" ? socket : endpoint,
            configure: { options, shelf in
                options.hasOneEndpoint = true
                shelf.publish(blob)
            })
        #expect(run.server.bulkEndpoint == run.server.endpoint)
        run.start()
        let workers = try (0..<2).map { try run.work(as: "w\($0)") }
        let file = CoordinatorOptions.File(name: "file", blob: blob.id, size: blob.size)
        let runner = workers[0].runner
        let fetched = try await onThread { try Data(contentsOf: URL(filePath: runner.fetch(file).path)) }
        #expect(fetched == bytes)
        try await run.expectEnd()
        for worker in workers { #expect(try await worker.end().isOver) }
    }

    @Test("give a task to another where one cannot do it, and shut that one out")
    func failingTrainer() async throws {
        let run = try ServedRun(ToyJob(rounds: 5, tasks: 4, minimumWorkers: 2))
        run.start()
        let failing = try run.work(
            as: "failing", ToyTrainer { _ in throw FederationError(.unsupported, "no memory") })
        let gate = Gate()
        let working = try run.work(as: "working", ToyTrainer { _ in gate.wait() })
        let end = try await failing.end()
        gate.open()
        try await run.expectEnd()
        #expect(try await working.end().isOver)
        #expect(!end.isOver && end.reason == "this worker may not take part any more")
        let reasons = run.events.compactMap { if case .taskFailed(_, _, let reason) = $0 { reason } else { nil } }
        #expect(reasons == ["no memory", "no memory", "no memory"])
    }

    @Test("part where the coordinator's state is larger than the run's can be, before memory is taken for it")
    func oversizedState() async throws {
        let run = try ServedRun(ToyJob(rounds: 5, tasks: 4, minimumWorkers: 2))
        run.start()
        let strict = try run.work(as: "strict", ToyTrainer(stateByteLimit: 16))
        let gate = Gate()
        let working = try run.work(as: "working", ToyTrainer { _ in gate.wait() })
        let end = try await strict.end()
        gate.open()
        try await run.expectEnd()
        #expect(try await working.end().isOver && !end.isOver)
        let reasons = run.events.compactMap { if case .taskFailed(_, _, let reason) = $0 { reason } else { nil } }
        #expect(reasons.count == 3 && reasons.allSatisfy { $0.contains("the limit is 16") }, "\(reasons)")
    }

    /// Lets one worker try a run that it cannot go on with.
    ///
    /// - Returns: why its tasks failed, how often it computed something, and the worker.
    private func lone(_ run: ServedRun) async throws -> (reasons: [String], computed: Int, worker: ServedWorker) {
        run.start()
        let computed = Mutex(0)
        let worker = try run.work(as: "worker", ToyTrainer { _ in computed.withLock { $0 += 1 } })
        let end = try await worker.end()
        run.server.stop()
        try await run.end()
        #expect(!end.isOver)
        let reasons = run.events.compactMap { if case .taskFailed(_, _, let reason) = $0 { reason } else { nil } }
        return (reasons, computed.withLock { $0 }, worker)
    }

    @Test("part where the coordinator's state holds other numbers than float32, before anything is computed from it")
    func wrongType() async throws {
        let run = try ServedRun(ToyJob(extra: StateDict([("steps", Tensor(integers: [1]))])))
        let (reasons, count, _) = try await lone(run)
        #expect(count == 0)
        #expect(
            reasons.count == 3 && reasons.allSatisfy { $0.contains("state holds \"steps\" as I64, expected F32") },
            "\(reasons)")
    }

    @Test("part where the update cannot be taken: it is not computed again for ever")
    func updateTooLarge() async throws {
        let run = try ServedRun(configure: { options, _ in options.updateLimit = 1_000 })
        let (reasons, count, worker) = try await lone(run)
        #expect(count == 3)
        #expect(reasons.count == 3 && reasons.allSatisfy { $0.contains("the update could not be sent") })
        #expect(worker.lines.contains { $0.contains("an update could not be sent") })
    }

    @Test("say nothing of the data where it is the worker's own, but to the worker's user")
    func untoldReasons() async throws {
        let run = try ServedRun(configure: { options, _ in options.wantsData = true })
        run.start()
        let words = "scan-of-ada.png, row 7: the picture is damaged"
        let failing = try run.work(as: "failing", ToyTrainer { _ in throw FederationError(.unsupported, words) })
        let end = try await failing.end()
        run.server.stop()
        try await run.end()
        let reasons = run.events.compactMap { if case .taskFailed(_, _, let reason) = $0 { reason } else { nil } }
        #expect(!end.isOver && reasons == Array(repeating: Worker.untoldReason, count: 3))
        #expect(failing.lines.contains { $0.contains(words) })
    }

    @Test("leave with no fault where their privacy budgets are spent, and tell why also of data of their own")
    func spentBudgets() async throws {
        let run = try ServedRun(configure: { options, _ in options.wantsData = true })
        run.start()
        let words = "past the target of 8"
        let spent = try run.work(as: "spent", ToyTrainer { _ in throw PrivacyError(.budgetExceeded, words) })
        _ = try await spent.end()
        run.server.stop()
        try await run.end()
        let reasons = run.events.compactMap { if case .taskFailed(_, _, let reason) = $0 { reason } else { nil } }
        // The toy's coordinator knows of no budgets, and takes it for a failure.
        #expect(reasons == Array(repeating: WireFailure.spentBudget, count: 3))
        #expect(spent.lines.contains { $0.contains(words) })
    }

    @Test("tell of a run that cannot go on, whatever it is that fails")
    func failures() async throws {
        let run = try ServedRun(persist: { report in
            if report.round == 2 { throw FederationError(.writeFailed, "the disk is full") }
        })
        run.start()
        let worker = try run.work(as: "worker")
        let error = await #expect(throws: FederationError.self) { try await run.end() }
        #expect(error?.message == "the disk is full")
        let end = try await worker.end()
        #expect(end.hasFailed && end.reason == "the run has failed: the disk is full")
        #expect(run.job.round == 3)
    }

    @Test("lose a worker that is revoked at once, and for good")
    func revocation() async throws {
        let run = try ServedRun(ToyJob(rounds: 5, tasks: 4, minimumWorkers: 2))
        run.start()
        let key = IdentityKey()
        // Revoked while it computes.
        let revoked = try run.work(
            as: "revoked", identity: key, ToyTrainer { [run] _ in run.revoke(key.publicIdentity.fingerprint) })
        let gate = Gate()
        let worker = try run.work(as: "worker", ToyTrainer { _ in gate.wait() })
        let error = await #expect(throws: TransportError.self) { try await revoked.end() }
        #expect(error?.code == .revoked)
        gate.open()
        try await run.expectEnd()
        #expect(try await worker.end().isOver)
        #expect(
            run.events.contains { if case .excluded(let member, _) = $0 { member.name == "revoked" } else { false } })
    }

    @Test("part when a worker is stopped, and the others go on")
    func goodbye() async throws {
        let run = try ServedRun(ToyJob(rounds: 5, tasks: 4, minimumWorkers: 2))
        run.start()
        let isAtWork = AsyncStream.makeStream(of: Void.self)
        let leaving = try run.work(
            as: "leaving",
            ToyTrainer { work in
                isAtWork.continuation.yield()
                while !work.isCancelled() { Thread.sleep(forTimeInterval: 0.005) }
                throw FederationError(.cancelled, "stopped")
            })
        let gate = Gate()
        let staying = try run.work(as: "staying", ToyTrainer { _ in gate.wait() })
        for await _ in isAtWork.stream { break }
        gate.open()
        try await onThread { leaving.runner.stop() }
        let error = await #expect(throws: TransportError.self) { try await leaving.end() }
        #expect(error?.code == .closed)
        try await run.expectEnd()
        #expect(try await staying.end().isOver)
        let left = run.events.compactMap { if case .left(let member, _) = $0 { member.name } else { nil } }
        #expect(left == ["leaving"])
    }

    @Test("let go of work whose result is in already")
    func obsoleteWork() async throws {
        let run = try ServedRun(ToyJob(rounds: 2, tasks: 1, minimumWorkers: 2), patience: .milliseconds(400))
        run.start()
        let cancelled = Mutex(0)
        let slow = try run.work(
            as: "slow",
            ToyTrainer { work in
                while !work.isCancelled() { Thread.sleep(forTimeInterval: 0.005) }
                cancelled.withLock { $0 += 1 }
                throw FederationError(.cancelled, "not needed")
            })
        let fast = try run.work(as: "fast")
        try await run.expectEnd()
        for worker in [slow, fast] { #expect(try await worker.end().isOver) }
    }

    @Test("send files when a worker joins, in chunks, and once")
    func files() async throws {
        let contents = sampleBytes(300_000)
        let run = try ServedRun(configure: { options, shelf in
            let blob = try Blob(MemorySource(contents), chunkSize: 64 << 10)
            shelf.publish(blob)
            options.files = [.init(name: "config.json", blob: blob.id, size: blob.size)]
        })
        run.start()
        let gate = Gate()
        let worker = try run.work(as: "worker", ToyTrainer { _ in gate.wait() })
        let fetched = try await onThread {
            let welcome = try worker.runner.join()
            let file = try #require(welcome.files.first)
            return try (0..<2).map { _ in
                try Data(contentsOf: URL(filePath: try worker.runner.fetch(file).path))
            }
        }
        gate.open()
        #expect(fetched == [contents, contents])
        try await run.expectEnd()
        #expect(run.server.traffic.counts.sent < 600_000)
    }

    @Test("hear of a socket that fails, and not of one that is closed", arguments: [true, false])
    func brokenSocket(isBroken: Bool) async throws {
        let failures = SharedLines()
        let service = RecordService(
            SilentServer(endpoint: try Endpoint("tcp://127.0.0.1:1"), isBroken: isBroken),
            sessions: SessionTable(security: .insecure) { _ throws(Refusal) in Data() }, traffic: Traffic(),
            now: { .zero }, handle: { _ in }, failed: { error in failures.lines.withLock { $0.append("\(error)") } })
        service.start(threads: 2, name: "test")
        let deadline = ContinuousClock.now + .seconds(isBroken ? 10 : 0.2)
        while failures.lines.withLock({ $0.count }) < 2, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(2))
        }
        let told = failures.lines.withLock { $0 }
        #expect(told == (isBroken ? ["no more", "no more"] : []))
    }

    @Test("refuse a worker of another version, and say which")
    func version() async throws {
        let run = try ServedRun()
        run.start()
        let line = run.line
        let error = try await onThread { () -> TransportError? in
            let hello = WireHello.with { $0.protocol = 99 }
            let link = try CoordinatorLink(line, identity: IdentityKey(), hello: hello) { _ in }
            do {
                _ = try link.welcome()
                return nil
            } catch {
                return error as? TransportError
            }
        }
        #expect(error?.message.contains("version 99 of the protocol, the coordinator 2") == true)
        run.server.stop()
        try await run.end()
    }
}

/// A server of which nothing can be received.
private struct SilentServer: RequestServer {
    let endpoint: Endpoint
    let isBroken: Bool

    func receive() throws -> IncomingRequest? {
        if isBroken { throw TransportError(.unavailable, "no more") }
        return nil
    }

    func reply(_ bytes: Data, to ticket: ReplyTicket) throws {}
    func close() {}
}
