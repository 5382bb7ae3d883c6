import Foundation
import TestSupport
import Testing

@Suite("A command that cannot do its work", .ownThreads, .timeLimit(.minutes(10)))
struct ProblemTests {
    /// What a wrong `--set` of the tiny run leads to.
    struct WrongSetting: Sendable, CustomTestStringConvertible {
        let setting: String
        /// What the message must hold: where, and what to do.
        let words: [String]
        var testDescription: String { setting }

        init(_ setting: String, _ words: String...) { (self.setting, self.words) = (setting, words) }
    }

    static let wrongSettings = [
        WrongSetting("model.path=/nowhere", "model.path", "/nowhere", "existing folder"),
        WrongSetting("training.learning_rat=1e-3", "training.learning_rat", "did you mean learning_rate?"),
        WrongSetting("training.max_steps=many", "training.max_steps", "whole number", "many"),
        WrongSetting("data.images=/usr", "data/train.json", "line 2", "/usr/red-circle.jpg does not exist"),
        WrongSetting("data.train=nothing.json", "data.train", "nothing.json", "existing file"),
        WrongSetting("data.max_length=30", "train.json", "data.max_length 30", "data.on_long"),
        WrongSetting("data.template=chatmel", "data.template", "chatmel", "chatml"),
        WrongSetting("adapter={ target_modules: [q_prj] }", "target_modules", "q_prj", "did you mean", "q_proj"),
        WrongSetting("adapter={ target_modules: q_proj }", "target_modules", "q_proj"),
        WrongSetting("adapter={ path: /nowhere }", "adapter.path", "/nowhere"),
    ]

    @Test("says where the fault is and what to do, and writes nothing", arguments: wrongSettings)
    func settings(wrong: WrongSetting) async throws {
        let run = try TinyRun()
        let outcome = try await run.train("--set", wrong.setting)
        #expect(outcome.status == 1)
        for word in wrong.words { #expect(outcome.errors.contains(word), "\(word) is not in: \(outcome.errors)") }
        #expect(!outcome.errors.contains("NSCocoaErrorDomain"))
        #expect(!run.has(""))
    }

    @Test("names the line of the run file")
    func lineOfRunFile() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("model: { path: \(TinyLlava.model) }\nadapter: {}\ndatta: {}\n", to: "run.yaml")
        let outcome = try await lorad("train", "--config", path)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("run.yaml:3: datta: unknown key; did you mean data?"), "\(outcome.errors)")
        let missing = try await lorad("train", "--config", "missing.yaml")
        #expect(missing.status == 1)
        #expect(
            missing.errors
                == "lorad: missing.yaml: no such run file, or it cannot be read: check the path after --config\n")
    }

    @Test("refuses an adapter whose tensors belong to no module of the model")
    func foreignAdapter() async throws {
        let folder = try TemporaryFolder()
        for name in ["adapter_config.json", "adapter_model.safetensors"] {
            let data = try Data(contentsOf: URL(filePath: "\(TinyLlava.adapter)/\(name)"))
            try folder.write(Self.renamed(data), to: name)
        }
        let outcome = try await lorad(
            "eval", "--model", TinyLlava.model, "--adapter", folder.path, "--data", TinyLlava.data("val"),
            "--images", TinyLlava.pictures)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("target_modules matches no module"), "\(outcome.errors)")
    }

    /// The same file for a model that calls its decoder otherwise.
    private static func renamed(_ data: Data) -> Data {
        var data = data
        while let place = data.range(of: Data("language_model".utf8)) {
            data.replaceSubrange(place, with: Data("writing_module".utf8))
        }
        return data
    }

    @Test("names the weight of the model that holds NaN", arguments: ["train", "eval", "merge"])
    func brokenWeights(command: String) async throws {
        let folder = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: TinyLlava.model) {
            var data = try Data(contentsOf: URL(filePath: "\(TinyLlava.model)/\(name)"))
            if name == "model.safetensors" {
                data.replaceSubrange(data.count - 4..<data.count, with: Data(repeating: 0xFF, count: 4))
            }
            try data.write(to: URL(filePath: "\(folder.path)/\(name)"))
        }
        let output = "\(folder.path)/merged"
        let outcome =
            switch command {
            case "train": try await TinyRun("model.path=\(folder.path)").train()
            case "merge":
                try await lorad(
                    "merge", "--model", folder.path, "--adapter", TinyLlava.adapter, "--any-base", "--output", output)
            default:
                try await lorad(
                    "eval", "--model", folder.path, "--data", TinyLlava.data("val"), "--images", TinyLlava.pictures)
            }
        #expect(outcome.status == 1 && !FileManager.default.fileExists(atPath: output))
        #expect(outcome.errors.contains("\(folder.path): the weight "), "\(outcome.errors)")
        #expect(outcome.errors.contains("contains NaN or infinite values: copy the model again"))
    }

    @Test("keeps what was saved before where the disk takes no more, and goes on once it does")
    func fullDisk() async throws {
        let run = try TinyRun(TinyRun.freshAdapter, "training.max_steps=6", "training.save_steps=2")
        let whole = try TinyRun(TinyRun.freshAdapter, "training.max_steps=6", "training.save_steps=2")
        try await whole.train()
        try await run.train("--set", "training.max_steps=2", "--set", "training.lr_scheduler_type=constant")
        let saved = try run.contents(of: "checkpoints/step-2/optimizer.safetensors")
        // Files may not grow beyond less than a checkpoint takes, as on a disk that is full.
        let blocks = saved.count / 512 - 1
        let outcome = try await LoradProcess(
            run.arguments(["--resume", "--allow-change", "training.max_steps"]), in: run.path,
            after: "ulimit -f \(blocks); trap '' XFSZ"
        ).outcome()
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("the checkpoint of step 4 cannot be saved"), "\(outcome.errors)")
        #expect(
            run.has("checkpoints/step-2") && !run.has("checkpoints/step-4") && !run.has("checkpoints/step-4.partial"))
        #expect(try run.contents(of: "checkpoints/step-2/optimizer.safetensors") == saved)
        #expect(try await run.train("--resume", "--allow-change", "training.max_steps").status == 0)
        #expect(try run.adapter() == whole.adapter())
    }

    @Test("names the file of a folder that is not what it should be")
    func folders() async throws {
        let model = try await lorad("inspect", "/nowhere")
        #expect(model.status == 1)
        #expect(
            model.errors.contains("/nowhere/config.json: no such file; a model folder contains one: check its path"))
        let adapter = try await lorad(
            "eval", "--model", TinyLlava.model, "--adapter", "/nowhere", "--data", TinyLlava.data("val"))
        #expect(adapter.status == 1)
        #expect(adapter.errors.contains("/nowhere/adapter_config.json: no such file; an adapter folder contains"))
        let target = try await lorad("inspect", TinyLlava.model, "--target", "q_porj")
        #expect(target.status == 1)
        #expect(target.errors.contains("did you mean \"q_proj\"?"), "\(target.errors)")
    }
}
