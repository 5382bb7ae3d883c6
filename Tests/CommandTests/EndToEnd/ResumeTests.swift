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
                #expect(stopped.status == 75)
                #expect(stopped.errors.contains("of 120; --resume continues from there"), "\(stopped.errors)")
            }
            let resumed = try await run.train("--resume")
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(try run.adapter() == whole.adapter())
            #expect(try run.log().map(\.step) == Array(1...120))
            #expect(try run.log().map(\.loss) == whole.log().map(\.loss))
        }
    }

    @Test("saves as well where a scheduler sends its signal twice, and goes on with --auto-resume")
    func repeatedSignal() async throws {
        let run = try longRun()
        let process = try run.start("--auto-resume")
        while process.isRunning, !run.has("checkpoints/step-10") { try await Task.sleep(for: .milliseconds(2)) }
        for signal in [SIGTERM, SIGINT, SIGTERM] { process.send(signal) }
        let stopped = try await process.outcome()
        #expect(stopped.status == 75 && stopped.errors.contains("--resume continues from there"), "\(stopped.errors)")
        let resumed = try await run.train("--auto-resume")
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try run.log().map(\.step) == Array(1...120))
        let adapter = try run.adapter()
        let again = try await run.train("--auto-resume")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try run.adapter() == adapter && run.log().map(\.step) == Array(1...120))
    }

    @Test("starts anew with --auto-resume where there is no checkpoint, but not over an adapter")
    func automaticStart() async throws {
        let run = try TinyRun(TinyRun.freshAdapter)
        let output = URL(filePath: "\(run.path)/out")
        try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
        try Data(#"{"step": 1, "loss": 9}"#.utf8).write(to: output.appending(path: "trainer_log.jsonl"))
        let outcome = try await run.train("--auto-resume")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try run.log().map(\.step) == Array(1...TinyLlava.expected().training.steps))
        let adapter = try run.adapter()
        try FileManager.default.removeItem(at: output.appending(path: "checkpoints"))
        let refused = try await run.train("--auto-resume")
        #expect(
            refused.status == 1 && refused.errors.contains("contains an earlier run or adapter"), "\(refused.errors)")
        #expect(try run.adapter() == adapter)
    }

    @Test("has its output folder to itself as long as it runs")
    func secondRun() async throws {
        let run = try longRun()
        let process = try run.start()
        while process.isRunning, !run.has("trainer_log.jsonl") { try await Task.sleep(for: .milliseconds(2)) }
        process.send(SIGSTOP)
        for flag in ["--resume", "--overwrite"] {
            let other = try await run.train(flag)
            #expect(other.status == 1)
            #expect(other.errors.contains("another run is writing to "), "\(other.errors)")
        }
        process.send(SIGCONT)
        #expect(try await process.outcome().status == 0)
        #expect(try run.log().map(\.step) == Array(1...120))
    }

    @Test("ends with the same bytes whenever it was killed, also while it saved")
    func killing() async throws {
        let settings = [TinyRun.freshAdapter, "data.shuffle=true", "training.max_steps=40", "training.save_steps=1"]
        let whole = try TinyRun(settings)
        let start = ContinuousClock.now
        #expect(try await whole.train().status == 0)
        let length = start.duration(to: .now)
        var (kills, random) = (0, SystemRandomNumberGenerator())
        for _ in 0..<20 {
            let run = try TinyRun(settings)
            while true {
                let process = try run.start("--overwrite")
                try await Task.sleep(for: length * Double.random(in: 0..<1, using: &random))
                guard process.isRunning, !run.has("adapter_model.safetensors") else {
                    #expect(try await process.outcome().status == 0)
                    break
                }
                process.send(SIGKILL)
                kills += 1
                _ = try await process.outcome()
                if try await finish(run) { break }
            }
            #expect(try run.adapter() == whole.adapter())
            #expect(try run.log().map(\.loss) == whole.log().map(\.loss))
        }
        #expect(kills > 0)
    }

    /// Goes on with a run that was killed; false where there was no checkpoint yet.
    private func finish(_ run: TinyRun) async throws -> Bool {
        let outcome = try await run.train("--resume")
        if outcome.errors.contains("contains no checkpoint to resume from") { return false }
        #expect(outcome.status == 0, "\(outcome.errors)")
        return true
    }

    @Test("ends early, and with the best adapter, where evaluations gain nothing; a resumed one as the whole")
    func stoppingEarly() async throws {
        // Steps this large make the loss rise sooner or later.
        let settings = [
            TinyRun.freshAdapter, "training.max_steps=60", "training.eval_steps=2", "training.learning_rate=0.05",
            "training.load_best_model_at_end=true", "training.early_stopping_patience=3", "training.save_total_limit=1",
        ]
        let run = try TinyRun(settings)
        let outcome = try await run.train()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let losses = try run.log().compactMap { entry in entry.evalLoss.map { (step: entry.step, loss: $0) } }
        let best = try #require(losses.min { $0.loss < $1.loss })
        let last = try #require(losses.last)
        #expect(last.step == best.step + 6 && last.step < 60)
        #expect(outcome.errors.contains("ended at step \(last.step) of 60: 3 evaluations without improvement"))
        #expect(outcome.errors.contains("the best evaluation is at step \(best.step)"))
        #expect(try run.adapter() == run.contents(of: "checkpoints/step-\(best.step)/adapter_model.safetensors"))
        #expect(run.has("checkpoints/step-\(last.step)") && !run.has("checkpoints/step-\(best.step - 2)"))

        let other = try TinyRun(settings + ["training.save_steps=1"])
        let process = try other.start()
        while process.isRunning, !other.has("checkpoints/step-\(best.step + 3)") {
            try await Task.sleep(for: .milliseconds(1))
        }
        process.send(SIGKILL)
        _ = try await process.outcome()
        #expect(try await other.train("--resume").status == 0)
        #expect(try other.adapter() == run.adapter())
        #expect(try other.log().map(\.step) == run.log().map(\.step))
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
        #expect(early.errors.contains("/out contains no checkpoint to resume from: remove --resume"))
        try await run.train()
        let other = try await run.train("--resume", "--set", "adapter.r=2", "--set", "training.max_steps=9")
        #expect(other.status == 1)
        #expect(other.errors.contains("adapter.r was 4, is 2"), "\(other.errors)")
    }
}
