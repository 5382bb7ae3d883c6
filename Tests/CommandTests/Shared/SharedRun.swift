import Foundation
import Testing

/// A run of the tiny model that a coordinator and workers share, each a process of the real binary.
final class SharedRun {
    private let folder: TemporaryFolder
    /// What `--set` is given each time.
    private let settings: [String]
    private var workers = 0

    static let steps = 40

    init(_ settings: String...) throws {
        self.settings = settings
        folder = try TemporaryFolder()
        try folder.write(Self.runFile, to: "run.yaml")
    }

    private static var runFile: String {
        """
        run: shared
        model: { path: \(TinyLlava.model) }
        adapter: { r: 4, lora_dropout: 0.2, target_modules: '.*language_model.*\\.(q|v|up|down)_proj' }
        data: { train: \(TinyLlava.data("train")), images: \(TinyLlava.pictures) }
        training:
          learning_rate: 1e-2
          lr_scheduler_type: cosine
          per_device_train_batch_size: 8
          max_steps: \(steps)
          logging_steps: 1
          output_dir: out
        federation: { worker_timeout: 1.5 }
        """
    }

    /// The folder that processes are started in.
    var path: String { folder.path }

    private var overrides: [String] { settings.flatMap { ["--set", $0] } }

    /// The adapter that `lorad train` makes of the same run file.
    func reference() async throws -> Data {
        let outcome = try await LoradProcess(
            ["train", "--config", "run.yaml", "--set", "training.output_dir=alone"] + overrides, in: path
        ).outcome()
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try Data(contentsOf: URL(filePath: "\(path)/alone/adapter_model.safetensors"))
    }

    /// The adapter that the shared run made.
    func adapter() throws -> Data { try Data(contentsOf: URL(filePath: "\(path)/out/adapter_model.safetensors")) }

    /// Starts the coordinator; port 0 takes a free one.
    func coordinator(_ endpoint: String = "tcp://127.0.0.1:0", _ arguments: String...) throws -> LoradProcess {
        try LoradProcess(
            ["coordinator", "--config", "run.yaml", "--listen", endpoint, "--state", "state"] + overrides + arguments,
            in: path)
    }

    /// Starts a worker with a folder of its own.
    func worker(_ joinLine: String, _ arguments: String..., in workingFolder: String? = nil) throws -> LoradProcess {
        workers += 1
        return try LoradProcess(
            ["worker", "--join", joinLine, "--state", "\(path)/worker-\(workers)", "--lanes", "1"] + arguments,
            in: workingFolder ?? path)
    }
}

extension LoradProcess {
    /// What a coordinator tells workers to join with.
    func joinLine() async throws -> String {
        let text = try await errors(containing: "--join '")
        let rest = text[(try #require(text.range(of: "--join '"))).upperBound...]
        return String(rest.prefix { $0 != "'" })
    }

    /// The endpoint of a join line, to start a coordinator at the same again.
    static func endpoint(of joinLine: String) -> String { String(joinLine.prefix { $0 != "?" }) }
}
