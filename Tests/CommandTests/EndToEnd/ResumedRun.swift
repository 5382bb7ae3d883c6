import Foundation
import Testing

/// A run of the tiny model on copies of its model and data, which tests change between a stop and a resumption.
struct ResumedRun {
    private let folder: TemporaryFolder
    private let settings: [String]

    /// Copies everything that the run reads.
    ///
    /// - Parameter settings: what `--set` is given each time.
    init(_ settings: String...) throws {
        folder = try TemporaryFolder()
        self.settings = settings
        for (source, name) in [
            (TinyLlava.model, "model"), ("\(TinyLlava.folder)/data", "data"), (TinyLlava.adapter, "adapter"),
        ] {
            try FileManager.default.copyItem(atPath: source, toPath: "\(folder.path)/\(name)")
        }
        try folder.write(Self.runFile, to: "run.yaml")
    }

    /// Shuffled and with dropout; five rows a step do not divide the twelve.
    private static let runFile = """
        model: { path: model }
        adapter: { r: 4, lora_alpha: 8, lora_dropout: 0.2, target_modules: '.*language_model.*\\.(q|v)_proj' }
        data: { train: data/train.json, images: data/pictures }
        training:
          learning_rate: 1e-2
          lr_scheduler_type: constant
          per_device_train_batch_size: 5
          max_steps: 4
          logging_steps: 1
          save_steps: 2
          output_dir: out
        """

    var path: String { folder.path }

    /// Starts `lorad train`.
    func start(_ arguments: [String]) throws -> LoradProcess {
        let command = ["train", "--config", "run.yaml"] + settings.flatMap { ["--set", $0] }
        return try LoradProcess(command + arguments, in: path)
    }

    /// Runs `lorad train` to its end.
    @discardableResult
    func train(_ arguments: String...) async throws -> LoradProcess.Outcome { try await start(arguments).outcome() }

    /// Runs it to its end, which must be a good one.
    func succeed(_ arguments: String..., at location: SourceLocation = #_sourceLocation) async throws -> String {
        let outcome = try await start(arguments).outcome()
        try #require(outcome.status == 0, "\(outcome.errors)", sourceLocation: location)
        return outcome.errors
    }

    /// Resumes it with a change, and expects that it is refused with these words and that nothing in the output folder is
    /// touched.
    func expectRefusal(
        _ arguments: [String], _ words: String..., at location: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try contents()
        let outcome = try await start(["--resume"] + arguments).outcome()
        #expect(outcome.status == 1, "\(arguments): \(outcome.errors)", sourceLocation: location)
        for word in words {
            #expect(outcome.errors.contains(word), "\(arguments): \(outcome.errors)", sourceLocation: location)
        }
        let isUntouched = try contents() == before
        #expect(isUntouched, "\(arguments)", sourceLocation: location)
    }

    /// Every file of the output folder with its bytes.
    func contents() throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: "\(path)/out")
        return Dictionary(
            uniqueKeysWithValues: names.compactMap { name in
                FileManager.default.contents(atPath: "\(path)/out/\(name)").map { (name, $0) }
            })
    }

    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

    func adapter() throws -> Data { try Data(contentsOf: URL(filePath: "\(path)/out/adapter_model.safetensors")) }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    /// Replaces a text in a file, does something, and puts the file back.
    func replacing(
        _ old: String, with new: String, in name: String, while body: () async throws -> Void
    ) async throws {
        let text = try text(name)
        try #require(text.contains(old))
        try folder.write(text.replacing(old, with: new), to: name)
        try await body()
        try folder.write(text, to: name)
    }

    /// Writes other bytes to a file, does something, and puts the file back.
    func changing(
        _ name: String, _ change: (inout Data) throws -> Void, while body: () async throws -> Void
    ) async throws {
        let before = try Data(contentsOf: URL(filePath: "\(path)/\(name)"))
        var data = before
        try change(&data)
        try folder.write(data, to: name)
        try await body()
        try folder.write(before, to: name)
    }

    /// Leaves the checkpoints as a release without records saved them.
    func removeRecords() throws {
        for name in try contents().keys where name.hasSuffix("/training_record.json") { try remove("out/\(name)") }
    }
}
