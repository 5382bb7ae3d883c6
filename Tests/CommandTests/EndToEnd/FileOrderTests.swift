import Foundation
import TestSupport
import Testing

@Suite("Rows in file order", .ownThreads, .timeLimit(.minutes(10)))
struct FileOrderTests {
    private struct Record: Decodable {
        var step: Int
        var epoch: Double
    }

    @Test("are gone through as often as num_train_epochs says", arguments: [(8, 6), (5, 9), (4, 9), (12, 3), (100, 3)])
    func epochs(batch: Int, steps: Int) async throws {
        let run = try ResumedRun(
            "data.shuffle=false", "training.max_steps=-1", "training.num_train_epochs=3",
            "training.per_device_train_batch_size=\(batch)")
        _ = try await run.succeed()
        let records = try run.text("out/trainer_log.jsonl").split(separator: "\n").map {
            try JSONDecoder().decode(Record.self, from: Data($0.utf8))
        }
        #expect(records.count == steps)
        #expect(records.last?.epoch == 3)
        #expect(records[steps / 3 - 1].epoch == 1)
    }

    @Test("make a shared run end with the bytes of lorad train")
    func shared() async throws {
        let run = try SharedRun("data.shuffle=false", "training.max_steps=-1", "training.num_train_epochs=3")
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let workers = [try run.worker(line, "first"), try run.worker(line, "second")]
        try await coordinator.expectSuccess()
        for worker in workers { try await worker.expectSuccess() }
        #expect(try await run.train().status == 0)
        let alone = try Data(contentsOf: URL(filePath: "\(run.path)/alone/adapter_model.safetensors"))
        #expect(try run.adapter() == alone)
        #expect(try run.stepsTaken == 6)
    }
}
