import Foundation
import TestSupport
import Testing

@Suite("A change that is made on purpose", .ownThreads, .timeLimit(.minutes(10)))
struct AllowedChangeTests {
    @Test("of the number of steps gives what the longer run gives, and is told in the log and the card, also later on")
    func longer() async throws {
        let long = try ResumedRun("training.max_steps=8")
        _ = try await long.succeed()
        let run = try ResumedRun()
        _ = try await run.succeed()
        try await run.expectRefusal(["--set", "training.max_steps=8"], "training.max_steps was 4, is 8")
        let errors = try await run.succeed(
            "--resume", "--set", "training.max_steps=6", "--allow-change", "training.max_steps")
        #expect(errors.contains("resuming with a change: training.max_steps was 4, is 6"), "\(errors)")
        let line = #"{"step": 4, "epoch": "#
        let change = #""resumed_with": [{"is":"6","key":"training.max_steps","was":"4"}]}"#
        let log = try run.text("out/trainer_log.jsonl").split(separator: "\n")
        #expect(log.contains { $0.hasPrefix(line) && $0.hasSuffix(change) })

        _ = try await run.succeed("--resume", "--set", "training.max_steps=8", "--allow-change", "training.max_steps")
        #expect(try run.adapter() == long.adapter())
        let card = try run.text("out/README.md")
        #expect(card.hasPrefix("---\nbase_model: \"") && card.contains("\nlibrary_name: peft\n"))
        #expect(card.contains("| 4 | `training.max_steps` | `4` | `6` |\n| 6 | `training.max_steps` | `6` | `8` |\n"))
        // Resumed as it was last, nothing is left to allow.
        _ = try await run.succeed("--resume", "--set", "training.max_steps=8")
        #expect(try run.adapter() == long.adapter())
        #expect(try run.text("out/README.md") == card)
        #expect(try !long.contents().keys.contains("README.md"))

        _ = try await run.succeed("--overwrite")
        #expect(!run.has("out/README.md"))
    }

    @Test("that no checkpoint has seen is taken back when the run is resumed without it")
    func takenBack() async throws {
        let whole = try ResumedRun()
        _ = try await whole.succeed()
        let run = try ResumedRun()
        _ = try await run.succeed()
        try run.remove("out/checkpoints/step-4")
        // Diverges before the next checkpoint.
        let diverged = try await run.train(
            "--resume", "--set", "training.learning_rate=1e38", "--allow-change", "training.learning_rate")
        #expect(diverged.status == 1 && diverged.errors.contains("is not finite"), "\(diverged.errors)")
        #expect(try run.text("out/trainer_log.jsonl").contains("resumed_with"))
        _ = try await run.succeed("--resume")
        #expect(try !run.text("out/trainer_log.jsonl").contains("resumed_with"))
        #expect(try run.adapter() == whole.adapter())
    }

    @Test("cannot be one of the tensors that train, nor of a key that is free or unknown")
    func impossible() async throws {
        let run = try ResumedRun()
        _ = try await run.succeed()
        try await run.expectRefusal(
            ["--set", "adapter.r=2", "--allow-change", "adapter.r"], "lora_A.weight was [4, 32], is [2, 32]",
            "the set of trained tensors is fixed")
        let fewer = #"adapter.target_modules=.*language_model.*\.q_proj"#
        try await run.expectRefusal(
            ["--set", fewer, "--allow-change", "adapter.target_modules"],
            "v_proj.lora_A.weight was trained, but is not now")
        try await run.expectRefusal(
            ["--allow-change", "training.output_dir"], "a checkpoint does not depend on this key")
        try await run.expectRefusal(
            ["--allow-change", "training.sed"], "no such key in a run file; did you mean training.seed?")
        let alone = try await run.train("--allow-change", "training.seed")
        #expect(alone.errors.contains("--allow-change needs --resume"))
    }

    @Test("of what evaluations are judged by looks for the best one anew")
    func judging() async throws {
        let run = try ResumedRun(
            "data.validation=data/val.json", "training.eval_steps=1", "training.learning_rate=0.05",
            "training.save_total_limit=1")
        _ = try await run.succeed()
        let judged = ["--set", "training.load_best_model_at_end=true", "--set", "training.max_steps=6"]
        try await run.expectRefusal(judged, "training.load_best_model_at_end was false, is true")
        let process = try run.start(
            ["--resume"] + judged
                + ["--allow-change", "training.load_best_model_at_end", "--allow-change", "training.max_steps"])
        let outcome = try await process.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("the best evaluation is at step "))
        // The validation rows decide now.
        try await run.replacing(".\"", with: "!\"", in: "data/val.json") {
            try await run.expectRefusal(judged, "data.validation (rows) was 5 rows, sha256 ")
        }
    }

    @Test("is not needed for the checkpoint of the best evaluation, also where a crash has put it aside")
    func bestPutAside() async throws {
        let run = try ResumedRun(
            "data.validation=data/val.json", "training.eval_steps=1", "training.learning_rate=0.05",
            "training.load_best_model_at_end=true", "training.save_steps=1")
        let errors = try await run.succeed()
        let adapter = try run.adapter()
        let step = try #require(errors.firstMatch(of: /the best evaluation is at step ([0-9]+)/)?.1)
        let folder = "\(run.path)/out/checkpoints/step-\(step)"
        try FileManager.default.moveItem(atPath: folder, toPath: folder + ".before")
        _ = try await run.succeed("--resume")
        #expect(try run.adapter() == adapter)
        try FileManager.default.removeItem(atPath: folder + ".before")
        if step != "4" { try await run.expectRefusal([], "the checkpoint of the best evaluation, is missing") }
    }
}
