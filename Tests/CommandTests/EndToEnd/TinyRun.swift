import Foundation

/// A folder with a run file for the tiny model: by default the reference's own run, from the stored adapter.
struct TinyRun {
    /// A fresh adapter of the decoder with dropout, whose result depends on the seed.
    static let freshAdapter =
        #"adapter={ r: 4, lora_dropout: 0.2, target_modules: '.*language_model.*\.(q|v|up|down)_proj' }"#

    private let folder: TemporaryFolder
    /// What `--set` is given each time.
    private let settings: [String]

    init(_ settings: String...) throws { try self.init(settings) }

    init(_ settings: [String]) throws {
        self.settings = settings
        folder = try TemporaryFolder()
        try folder.write(try Self.runFile(), to: "run.yaml")
    }

    private static func runFile() throws -> String {
        let training = try TinyLlava.expected().training
        return """
            model: { path: \(TinyLlava.model) }
            adapter: { path: \(TinyLlava.adapter) }
            data:
              train: \(TinyLlava.data("train"))
              validation: \(TinyLlava.data("val"))
              images: \(TinyLlava.pictures)
              shuffle: false
            training:
              learning_rate: \(training.learningRate)
              lr_scheduler_type: constant
              per_device_train_batch_size: \(training.batch)
              max_steps: \(training.steps)
              max_grad_norm: 0
              logging_steps: 1
              output_dir: out
            """
    }

    /// The folder that the run is started in.
    var path: String { folder.path }

    /// Starts `lorad train` with more arguments.
    func start(_ arguments: String...) throws -> LoradProcess { try start(arguments) }

    /// Runs `lorad train` to its end.
    ///
    /// - Parameter before: what the shell does first.
    @discardableResult
    func train(_ arguments: String..., after before: String = ":") async throws -> LoradProcess.Outcome {
        try await start(arguments, after: before).outcome()
    }

    private func start(_ arguments: [String], after before: String = ":") throws -> LoradProcess {
        try LoradProcess(self.arguments(arguments), in: folder.path, after: before)
    }

    /// The whole command line.
    func arguments(_ more: [String]) -> [String] {
        ["train", "--config", "run.yaml"] + settings.flatMap { ["--set", $0] } + more
    }

    /// Whether the run wrote a file of that name.
    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/out/\(name)") }

    /// A file that the run wrote.
    func contents(of name: String) throws -> Data { try Data(contentsOf: URL(filePath: "\(path)/out/\(name)")) }

    /// The bytes of the adapter that the run wrote.
    func adapter() throws -> Data { try contents(of: "adapter_model.safetensors") }

    /// The records of trainer_log.jsonl.
    func log() throws -> [LogEntry] {
        try contents(of: "trainer_log.jsonl").split(separator: UInt8(ascii: "\n")).map {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(LogEntry.self, from: Data($0))
        }
    }

    /// A line of trainer_log.jsonl.
    struct LogEntry: Decodable {
        var step: Int
        var loss: Double?
        var supervisedTokens: Int?
        var evalLoss: Double?
        var evalExactMatch: Double?
    }
}

/// Whether two numbers are as close as two ways of rounding make them.
func isClose(_ found: Double, _ expected: Double, within relative: Double = 1e-4) -> Bool {
    abs(found - expected) <= relative * abs(expected)
}
