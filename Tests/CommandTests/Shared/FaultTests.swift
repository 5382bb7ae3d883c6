import Foundation
import TestSupport
import Testing

@Suite("A shared run ends with the bytes and losses of lorad train", .ownThreads, .timeLimit(.minutes(10)))
struct FaultTests {
    @Test("with one worker, two and three", arguments: 1...3)
    func workers(count: Int) async throws {
        let run = try SharedRun("federation.min_workers=\(count)")
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let workers = try (0..<count).map { try run.worker(line, "worker-\($0)") }
        try await run.expectEnd(coordinator)
        for worker in workers { try await worker.expectSuccess() }
    }

    @Test("with a worker that comes late")
    func latecomer() async throws {
        let run = try SharedRun()
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let first = try run.worker(line, "first")
        try await run.reach(3, coordinator)
        // What is left of the run waits for the one that comes late.
        first.send(SIGSTOP)
        let second = try run.worker(line, "second")
        _ = try await coordinator.errors(containing: "second has joined")
        first.send(SIGCONT)
        try await run.expectEnd(coordinator)
        for worker in [first, second] { try await worker.expectSuccess() }
    }

    @Test("with a worker that is killed in a step, and another that is killed when it is the only one")
    func killedWorkers() async throws {
        let run = try SharedRun("federation.min_workers=2")
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let (first, second) = (try run.worker(line, "first"), try run.worker(line, "second"))
        try await run.pause(at: 5, coordinator) { try await first.end(by: SIGKILL) }
        try await run.pause(at: 15, coordinator) { try await second.end(by: SIGKILL) }
        let third = try run.worker(line, "third")
        try await run.expectEnd(coordinator)
        try await third.expectSuccess()
    }

    @Test("with workers that stand still until their tasks are others', and then go on")
    func stoppedWorkers() async throws {
        let run = try SharedRun("federation.min_workers=2", "federation.worker_timeout=0.5")
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let workers = [try run.worker(line, "first"), try run.worker(line, "second")]
        try await run.reach(5, coordinator)
        for worker in workers {
            worker.send(SIGSTOP)
            try await run.pause(at: try run.stepsTaken + 4, coordinator) { worker.send(SIGCONT) }
        }
        try await run.expectEnd(coordinator)
        for worker in workers { try await worker.expectSuccess() }
    }

    @Test("with a worker that is asked to stop, and comes back without its token")
    func leavingWorker() async throws {
        let run = try SharedRun("federation.min_workers=2")
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let (first, second) = (try run.worker(line, "first"), try run.worker(line, "second"))
        try await run.reach(5, coordinator)
        second.send(SIGSTOP)
        let outcome = try await first.end(by: SIGTERM)
        #expect(outcome.status == 75 && outcome.errors.contains("stopped; the same command joins"), "\(outcome.errors)")
        let again = try run.worker(String(line.prefix { $0 != "&" }), "first")
        try await coordinator.wait(for: "first again") {
            coordinator.errors.ranges(of: "first has joined").count == 2
        }
        second.send(SIGCONT)
        try await run.expectEnd(coordinator)
        for worker in [again, second] { try await worker.expectSuccess() }
    }

    @Test("with a coordinator that is killed, or asked to stop, and started again", arguments: [SIGKILL, SIGTERM])
    func coordinator(signal: Int32) async throws {
        let run = try SharedRun("federation.min_workers=2")
        let endpoint = try FreePorts.endpoint()
        let coordinator = try run.coordinator(endpoint)
        let line = try await coordinator.joinLine()
        let workers = [try run.worker(line, "first"), try run.worker(line, "second")]
        try await run.reach(8, coordinator)
        let stopped = try await coordinator.end(by: signal)
        if signal == SIGTERM {
            #expect(stopped.status == 75)
            #expect(stopped.errors.contains("continues from there"), "\(stopped.errors)")
        }
        let taken = try run.stepsTaken
        #expect(taken < SharedRun.steps, "it ended before it could be stopped")
        let again = try run.coordinator(endpoint)
        let newLine = try await again.joinLine()
        #expect(newLine == line)
        try await run.expectEnd(again)
        for worker in workers { try await worker.expectSuccess() }
    }

    @Test("with a coordinator and all workers killed at once")
    func powerCut() async throws {
        let run = try SharedRun("federation.min_workers=2")
        let endpoint = try FreePorts.endpoint()
        let coordinator = try run.coordinator(endpoint)
        let line = try await coordinator.joinLine()
        let processes = [coordinator, try run.worker(line, "first"), try run.worker(line, "second")]
        try await run.reach(8, coordinator)
        for process in processes { process.send(SIGKILL) }
        for process in processes { _ = try await process.outcome() }
        // A worker may be there first, and waits.
        let worker = try run.worker(line, "first")
        try await run.expectEnd(try run.coordinator(endpoint))
        try await worker.expectSuccess()
    }

    @Test("or with its words, where numbers are not finite any more")
    func divergence() async throws {
        let run = try SharedRun("training.learning_rate=1e38", "federation.worker_timeout=0.5")
        let coordinator = try run.coordinator()
        let worker = try run.worker(try await coordinator.joinLine(), "worker")
        let alone = try await run.train()
        let words = try #require(alone.errors.firstMatch(of: /step \d+: .* is not finite.*/))
        try await coordinator.expectFailure(String(words.output))
        let outcome = try await worker.outcome()
        #expect(outcome.errors.contains(words.output), "\(outcome.errors)")
    }
}
