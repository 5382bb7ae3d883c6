import Foundation
import TestSupport
import Testing

@Suite("CLIP on the command line", .ownThreads, .timeLimit(.minutes(10)))
struct ClipTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(try TinyClip.runFile(), to: "run.yaml")
    }

    private func train(_ arguments: String...) async throws -> LoradProcess.Outcome {
        try await LoradProcess(["train", "--config", "run.yaml"] + arguments, in: folder.path).outcome()
    }

    private func eval(_ arguments: String...) async throws -> [String: Any] {
        let common = ["eval", "--model", TinyClip.model, "--images", TinyClip.pictures, "--json"]
        let outcome = try await LoradProcess(common + arguments, in: folder.path).outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    private func log(_ output: String = "out") throws -> [[String: Any]] {
        let lines = try String(contentsOf: URL(filePath: "\(folder.path)/\(output)/trainer_log.jsonl"), encoding: .utf8)
        return try lines.split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    @Test(
        "train takes the reference's steps, on any number of lanes, with graphs kept or made again",
        arguments: ["training.lanes=1", "training.lanes=3", "training.gradient_checkpointing=true"])
    func training(setting: String) async throws {
        let outcome = try await train("--set", setting)
        try #require(outcome.status == 0, "\(outcome.errors)")
        let expected = try TinyClip.expected()
        let records = try log()
        for (record, loss) in zip(records, expected.training.losses) {
            #expect(isClose(record["loss"] as? Double ?? 0, loss), "\(record)")
        }
        // Ten pairs, four a step: the last step of an epoch is short.
        #expect(records.map { $0["supervised_tokens"] as? Int } == [4, 4, 2, 4, 4, 2])
        let last = try #require(records.last)
        #expect(records.count == expected.training.steps && last["eval_loss"] is Double)
        #expect(last["eval_recall_at_1"] is Double && last["eval_exact_match"] == nil)
    }

    @Test("train learns the temperature where it is told to, and eval takes it from the adapter")
    func temperature() async throws {
        let outcome = try await train("--set", "training.learn_temperature=true")
        try #require(outcome.status == 0, "\(outcome.errors)")
        let expected = try TinyClip.expected()
        for (record, loss) in zip(try log(), expected.training.learned_losses) {
            #expect(isClose(record["loss"] as? Double ?? 0, loss), "\(record)")
        }
        let logged = try #require(try log().last?["eval_loss"] as? Double)
        let found = try await eval("--adapter", "\(folder.path)/out", "--data", TinyClip.data("val"))
        #expect(isClose(try #require(found["loss"] as? Double), logged, within: 1e-5))
        let again = try await train("--set", "adapter.path=out", "--set", "training.output_dir=again")
        #expect(again.status == 1 && again.errors.contains("set training.learn_temperature: true"), "\(again.errors)")
    }

    @Test("A run that was stopped goes on to the same adapter")
    func resuming() async throws {
        let settings = ["--set", "training.learn_temperature=true", "--set", "training.save_steps=2"]
        let whole = try await LoradProcess(["train", "--config", "run.yaml"] + settings, in: folder.path).outcome()
        try #require(whole.status == 0, "\(whole.errors)")
        let adapter = { try Data(contentsOf: URL(filePath: "\(folder.path)/out/adapter_model.safetensors")) }
        let reference = try adapter()
        try FileManager.default.removeItem(atPath: "\(folder.path)/out/checkpoints/step-6")
        let rest = try await LoradProcess(
            ["train", "--config", "run.yaml", "--resume"] + settings, in: folder.path
        ).outcome()
        try #require(rest.status == 0, "\(rest.errors)")
        #expect(try adapter() == reference)
    }

    @Test("eval finds the reference's loss, and what pictures and captions find")
    func retrieval() async throws {
        let found = try await eval("--adapter", TinyClip.adapter, "--data", TinyClip.data("val"))
        let expected = try TinyClip.expected().validation
        #expect(isClose(try #require(found["loss"] as? Double), expected.loss))
        #expect(found["rows"] as? Int == expected.rows)
        #expect(found["pictures"] as? Int == expected.pictures && found["texts"] as? Int == expected.texts)
        for (name, places) in [
            ("picture_to_text", expected.picture_to_text), ("text_to_picture", expected.text_to_picture),
        ] {
            let recall = try #require(found[name] as? [String: Double])
            for k in [1, 5, 10] { #expect(recall["recall_at_\(k)"] == TinyClip.recall(places, k), "\(name) \(k)") }
        }
    }

    @Test("eval classifies as the reference does, with the mean of the prompts", arguments: [1, 3])
    func zeroShot(lanes: Int) async throws {
        let found = try await eval(
            "--adapter", TinyClip.adapter, "--data", TinyClip.data("labelled"), "--classes",
            "\(TinyClip.folder)/data/classes.txt", "--class-prompt", "a photo of a {}", "--class-prompt", "a {}",
            "--lanes",
            "\(lanes)")
        let expected = try TinyClip.expected().zero_shot
        #expect(found["top_1"] as? Double == TinyClip.recall(expected, 1))
        #expect(found["top_5"] as? Double == 1 && found["pictures"] as? Int == expected.count)
    }

    @Test("eval writes lines for people without --json")
    func text() async throws {
        let outcome = try await lorad(
            "eval", "--model", TinyClip.model, "--data", TinyClip.data("val"), "--images", TinyClip.pictures)
        #expect(outcome.status == 0 && outcome.output.contains("5 captions for images"), "\(outcome.output)")
    }

    @Test("What does not go together is refused with advice")
    func refusals() async throws {
        let llava = try await lorad(
            "eval", "--model", TinyLlava.model, "--data", TinyLlava.data("val"), "--images", TinyLlava.pictures,
            "--class-prompt", "a {}")
        #expect(llava.status == 1 && llava.errors.contains("for CLIP models"), "\(llava.errors)")
        let run = try TinyRun("training.learn_temperature=true")
        let temperature = try await run.train()
        #expect(
            temperature.status == 1 && temperature.errors.contains("a llava model has no temperature"),
            "\(temperature.errors)")
        for (setting, advice) in [
            ("federation.mode=distributed", "set federation.local_steps above 1"),
            (
                "privacy.differential_privacy={ enabled: true, unit: example, noise_multiplier: 1 }",
                "set unit: worker"
            ),
        ] {
            let mode = setting.hasPrefix("privacy") ? ["--set", "federation.mode=federated"] : []
            let outcome = try await LoradProcess(
                [
                    "coordinator", "--config", "run.yaml", "--listen", "tcp://127.0.0.1:0", "--state", "state", "--set",
                    setting,
                ]
                    + mode, in: folder.path
            ).outcome()
            #expect(outcome.status == 1 && outcome.errors.contains(advice), "\(outcome.errors)")
        }
    }
}
