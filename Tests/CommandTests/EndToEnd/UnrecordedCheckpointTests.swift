import Foundation
import TestSupport
import Testing

@Suite("A checkpoint of a release that kept no record", .ownThreads, .timeLimit(.minutes(10)))
struct UnrecordedCheckpointTests {
    @Test("is resumed to the same bytes, with a line on what could not be checked")
    func resumes() async throws {
        let run = try ResumedRun()
        _ = try await run.succeed()
        let adapter = try run.adapter()
        try run.remove("out/checkpoints/step-4")
        try run.removeRecords()
        let errors = try await run.succeed("--resume")
        #expect(errors.contains("step-2 was saved by an earlier release without a record of its settings"))
        #expect(try run.adapter() == adapter)
        #expect(run.has("out/checkpoints/step-4/training_record.json"))
    }

    @Test("is held to its base model all the same")
    func base() async throws {
        let run = try ResumedRun()
        _ = try await run.succeed()
        try run.removeRecords()
        try await run.changing("model/model.safetensors", { $0[$0.count - 1] ^= 1 }) {
            try await run.expectRefusal([], "model.path (weights) was ", "--allow-change model.path")
        }
    }

    @Test("of rows in file order is refused where the order has changed since, and only there")
    func order() async throws {
        let run = try ResumedRun("data.shuffle=false")
        _ = try await run.succeed()
        // With a record the order is known.
        try run.remove("out/checkpoints/step-4")
        _ = try await run.succeed("--resume")
        try run.remove("out/checkpoints/step-4")
        try run.removeRecords()
        try await run.expectRefusal([], "data.shuffle was false, and the last step of an epoch was filled with rows")
        _ = try await run.succeed("--resume", "--allow-change", "data.shuffle")
        #expect(try run.text("out/README.md").contains("| 2 | `data.shuffle` |"))

        let even = try ResumedRun("data.shuffle=false", "training.per_device_train_batch_size=4")
        _ = try await even.succeed()
        try even.remove("out/checkpoints/step-4")
        try even.removeRecords()
        _ = try await even.succeed("--resume")
    }
}
