import Foundation
import TestSupport
import Testing

@Suite("A worker's base model", .ownThreads, .timeLimit(.minutes(10)))
struct BaseModelTests {
    @Test("is fetched where the worker has none, and is not where it is the run's own")
    func fetching() async throws {
        let run = try SharedRun("federation.min_workers=2", "model.path=base")
        // A path that leads nowhere from the workers' folder.
        try FileManager.default.createSymbolicLink(atPath: "\(run.path)/base", withDestinationPath: TinyLlava.model)
        let elsewhere = try TemporaryFolder()
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let fetching = try run.worker(line, "fetching", in: elsewhere.path)
        let owning = try run.worker(line, "owning", "--model", TinyLlava.model, in: elsewhere.path)
        try await run.reach(3, coordinator)
        #expect(fetching.errors.contains("fetching the base model"))
        #expect(!owning.errors.contains("fetching the base model"))
        // What is left of the run waits for it.
        owning.send(SIGSTOP)
        try await fetching.end(by: SIGKILL)
        _ = try await coordinator.errors(containing: "fetching is silent")
        let again = try run.worker(line, "fetching", in: elsewhere.path)
        try await coordinator.wait(for: "fetching again") {
            coordinator.errors.ranges(of: "fetching has joined").count == 2
        }
        owning.send(SIGCONT)
        try await run.expectEnd(coordinator)
        for worker in [again, owning] { try await worker.expectSuccess() }
    }

    @Test("must be the run's")
    func otherModel() async throws {
        let run = try SharedRun()
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let model = "\(run.path)/other"
        let file = URL(filePath: "\(model)/config.json")
        try FileManager.default.copyItem(atPath: TinyLlava.model, toPath: model)
        try (Data(contentsOf: file) + [UInt8(ascii: "\n")]).write(to: file)
        let changed = try run.worker(line, "changed", "--model", model)
        try await changed.expectFailure("\(model) is not the run's base model: config.json differs")
        try FileManager.default.removeItem(at: file)
        let incomplete = try run.worker(line, "incomplete", "--model", model)
        try await incomplete.expectFailure("\(model) is not the run's base model: it has no config.json")
        let worker = try run.worker(line, "worker")
        try await run.expectEnd(coordinator)
        try await worker.expectSuccess()
    }
}
