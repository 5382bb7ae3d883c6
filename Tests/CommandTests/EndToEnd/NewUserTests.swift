import Foundation
import TestSupport
import Testing

/// What goes wrong in the first hour: each message says what, where, and what to do.
@Suite("A mistake of somebody who is new to it", .ownThreads, .timeLimit(.minutes(10)))
struct NewUserTests {
    /// A message, without whatever was said before.
    private func message(_ outcome: LoradProcess.Outcome) -> String {
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(!outcome.errors.contains("Domain="), "\(outcome.errors)")
        return outcome.errors.components(separatedBy: "lorad: ").last ?? ""
    }

    @Test("a path with a slip, taken from another folder")
    func wrongPath() async throws {
        let run = try TinyRun("data.train=data/trian.json")
        let found = message(try await run.train())
        #expect(found.contains("--set data.train=data/trian.json: data.train: must name an existing file or folder"))
        #expect(found.contains("found data/trian.json; relative paths start at \(run.path)"), "\(found)")
        let other = message(try await lorad("train", "--config", "rnu.yaml", in: run.path))
        #expect(other == "rnu.yaml: no such run file, or it cannot be read: check the path after --config\n")
    }

    @Test("a key with a slip, and one in the wrong section")
    func wrongKey() async throws {
        let slip = message(try await TinyRun("training.learnig_rate=1e-3").train())
        #expect(slip.contains("training.learnig_rate: unknown key; did you mean learning_rate?"), "\(slip)")
        let section = message(try await TinyRun("model.learning_rate=1e-3").train())
        #expect(
            section.contains("model.learning_rate: unknown key; it belongs at training.learning_rate"), "\(section)")
    }

    @Test("a port that something else listens at")
    func usedPort() async throws {
        let run = try SharedRun()
        let endpoint = try FreePorts.endpoint()
        let first = try run.coordinator(endpoint)
        _ = try await first.joinLine()
        let second = try SharedRun()
        let found = message(try await second.coordinator(endpoint).outcome())
        #expect(found == "\(endpoint): something listens there already: stop it, or give --listen another port\n")
        first.send(SIGKILL)
    }

    @Test("data without rows, and a file that is empty")
    func noData() async throws {
        let folder = try TemporaryFolder()
        let none = try folder.write("[]", to: "none.json")
        let empty = try folder.write("", to: "empty.json")
        #expect(
            message(try await TinyRun("data.train=\(none)").train())
                == "\(none): contains no examples: expected at least one\n")
        #expect(
            message(try await TinyRun("data.train=\(empty)").train())
                == "\(empty): the file is empty: expected examples\n")
    }

    @Test(
        "a model folder that lacks a file",
        arguments: [
            (
                "model.safetensors",
                "contains neither model.safetensors nor model.safetensors.index.json: is the download complete?"
            ),
            ("tokenizer.json", "a model folder needs its tokenizer: is the download complete?"),
            ("config.json", "config.json: no such file; a model folder contains one: check its path"),
            ("preprocessor_config.json", "copy it from the model's original folder"),
        ])
    func incompleteModel(missing: String, words: String) async throws {
        let model = try modelCopy()
        try FileManager.default.removeItem(atPath: "\(model.path)/\(missing)")
        let found = message(try await TinyRun("model.path=\(model.path)").train())
        #expect(found.contains(model.path) && found.contains(words), "\(found)")
    }

    @Test("a join line that was cut, as a shell does at an ampersand")
    func cutJoinLine() async throws {
        let address = message(try await lorad("worker", "--join", "tcp://127.0.0.1:7700"))
        #expect(address.contains("copy the whole line that the coordinator printed, in quotes"), "\(address)")
        let half = message(try await lorad("worker", "--join", "tcp://127.0.0.1:7700?key=abc"))
        #expect(half.contains("copy the line again (a public key has 43 characters; this one has 3)"), "\(half)")
        let other = message(try await lorad("worker", "--join", "alpha"))
        #expect(other == "'alpha' is no address; a join line looks like tcp://HOST:7700?key=…&token=…\n")
    }

    @Test("the token of another run")
    func wrongToken() async throws {
        let (run, other) = (try SharedRun(), try SharedRun())
        let (coordinator, stranger) = (try run.coordinator(), try other.coordinator())
        let token = /token=.+/
        let wrong = try #require(try await stranger.joinLine().firstMatch(of: token)).output
        let line = try await coordinator.joinLine().replacing(token, with: wrong)
        let found = message(try await run.worker(line, "new").outcome())
        #expect(found.contains("its join token is none of this coordinator's; get a new join line"), "\(found)")
        coordinator.send(SIGKILL)
        stranger.send(SIGKILL)
    }

    @Test("a disk that is full")
    func fullDisk() async throws {
        let run = try TinyRun(TinyRun.freshAdapter)
        // Room for what is said, at least 4 kB, and not for an adapter.
        let found = message(try await run.train(after: "trap '' XFSZ; ulimit -f 8"))
        #expect(found.contains("\(run.path)/out/") && found.contains("cannot be written: File too large"), "\(found)")
        #expect(!run.has("adapter_model.safetensors"))
    }

    @Test("a disk that has no room for what is said either")
    func nothingCanBeSaid() async throws {
        let run = try TinyRun(TinyRun.freshAdapter)
        let outcome = try await run.train(after: "trap '' XFSZ; ulimit -f 1; printf '%600s' full >&2")
        #expect(outcome.status == 1)
    }

    @Test("an output folder that may not be made")
    func noPermission() async throws {
        let found = message(try await TinyRun("training.output_dir=/proc/lorad/out").train())
        #expect(found.contains("/proc/lorad/out/"), "\(found)")
        #expect(
            found.contains("its folder cannot be created: ") && found.contains("; choose another path"), "\(found)")
    }

    @Test("files of an older format, of a model, a tokenizer and an adapter")
    func oldFormats() async throws {
        let model = try modelCopy()
        let files = FileManager.default
        try files.moveItem(atPath: "\(model.path)/tokenizer.json", toPath: "\(model.path)/tokenizer.model")
        let tokenizer = message(try await TinyRun("model.path=\(model.path)").train())
        #expect(
            tokenizer.contains("lorad does not read tokenizer.model: load it with transformers and save it again"))
        try files.moveItem(atPath: "\(model.path)/model.safetensors", toPath: "\(model.path)/pytorch_model.bin")
        let weights = message(try await TinyRun("model.path=\(model.path)").train())
        #expect(weights.contains("lorad does not read pytorch_model.bin: save the model with safe_serialization=True"))
        let adapter = try TemporaryFolder()
        try adapter.write(#"{"peft_type": "LORA", "r": 4, "target_modules": ["q_proj"]}"#, to: "adapter_config.json")
        try adapter.write("", to: "adapter_model.bin")
        let old = message(
            try await lorad(
                "eval", "--model", TinyLlava.model, "--adapter", adapter.path, "--data", TinyLlava.data("val"),
                "--images",
                TinyLlava.pictures))
        #expect(
            old.contains("adapter_model.bin is a Python pickle, which lorad does not open; load the adapter in PEFT"))
    }

    private func modelCopy() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try FileManager.default.removeItem(atPath: folder.path)
        try FileManager.default.copyItem(atPath: TinyLlava.model, toPath: folder.path)
        return folder
    }
}
