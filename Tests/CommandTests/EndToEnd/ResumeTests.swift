import Foundation
import TestSupport
import Testing

@Suite("A run that is stopped", .ownThreads, .timeLimit(.minutes(10)))
struct ResumeTests {
    /// Long enough to be stopped in the middle; shuffled and with dropout, so that nothing may be lost.
    private func longRun() throws -> TinyRun {
        try TinyRun(
            TinyRun.freshAdapter, "data.shuffle=true", "training.max_steps=120", "training.save_steps=5",
            "training.lr_scheduler_type=cosine", "training.per_device_train_batch_size=12")
    }

    @Test("goes on from a checkpoint and ends with the same bytes, also when it was killed without warning")
    func resuming() async throws {
        let whole = try longRun()
        #expect(try await whole.train().status == 0)
        for signal in [SIGTERM, SIGINT, SIGKILL] {
            let run = try longRun()
            let stopped = try await stop(run, with: signal)
            if signal != SIGKILL {
                #expect(stopped.status == 1)
                #expect(stopped.errors.contains("of 120; --resume goes on from there"), "\(stopped.errors)")
            }
            let resumed = try await run.train("--resume")
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(try run.adapter() == whole.adapter())
            #expect(try run.log().map(\.step) == Array(1...120))
            #expect(try run.log().map(\.loss) == whole.log().map(\.loss))
        }
    }

    /// Starts a run and sends it a signal when it has saved its second checkpoint.
    private func stop(_ run: TinyRun, with signal: Int32) async throws -> LoradProcess.Outcome {
        let process = try run.start()
        while process.isRunning, !run.has("checkpoints/step-10") { try await Task.sleep(for: .milliseconds(2)) }
        process.send(signal)
        let outcome = try await process.outcome()
        #expect(!run.has("checkpoints/step-120"), "it ended before it could be stopped")
        return outcome
    }

    @Test("cannot be resumed without a checkpoint, nor with an adapter of another shape")
    func refusals() async throws {
        let run = try TinyRun(TinyRun.freshAdapter)
        let early = try await run.train("--resume")
        #expect(early.status == 1)
        #expect(early.errors.contains("/out holds no checkpoint to resume from: leave out --resume"))
        try await run.train()
        let other = try await run.train("--resume", "--set", "adapter.r=2", "--set", "training.max_steps=9")
        #expect(other.status == 1)
        #expect(other.errors.contains("lora_A"), "\(other.errors)")
    }
}
