import Foundation
import TestSupport
import Testing

/// A run of the tiny model that a coordinator and workers share, each a process of the real binary.
final class SharedRun: Sendable {
    private let folder: TemporaryFolder
    /// What `--set` is given each time.
    private let settings: [String]

    static let steps = 40

    init(_ settings: String...) throws {
        self.settings = settings
        folder = try TemporaryFolder()
        try folder.write(Self.runFile, to: "run.yaml")
    }

    /// Shuffled and with dropout, so that nothing may be lost or done twice.
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
        federation: { worker_timeout: 1 }
        """
    }

    /// The folder that processes are started in.
    var path: String { folder.path }

    private var overrides: [String] { settings.flatMap { ["--set", $0] } }

    // MARK: Processes

    /// One line for all workers of a test.
    static let manyUses = ["--token-uses", "1000"]

    /// Starts the coordinator; port 0 takes a free one.
    func coordinator(_ endpoint: String = "tcp://127.0.0.1:0", _ arguments: String...) throws -> LoradProcess {
        let command = ["coordinator", "--config", "run.yaml", "--listen", endpoint, "--state", "state"] + Self.manyUses
        return try LoradProcess(command + overrides + arguments, in: path)
    }

    /// Starts a worker with keys and a cache of its own, which it finds again by its name.
    func worker(
        _ joinLine: String, _ name: String, _ arguments: String..., in workingFolder: String? = nil
    ) throws -> LoradProcess {
        try worker(joinLine, name, arguments: arguments, in: workingFolder)
    }

    /// Starts a worker with a list of further arguments.
    func worker(
        _ joinLine: String, _ name: String, arguments: [String], in workingFolder: String? = nil
    ) throws -> LoradProcess {
        let command = ["worker", "--join", joinLine, "--name", name, "--state", "\(path)/\(name)", "--lanes", "1"]
        return try LoradProcess(command + arguments, in: workingFolder ?? path)
    }

    /// Runs `lorad train` with the same run file to its end.
    func train(_ arguments: String...) async throws -> LoradProcess.Outcome {
        let command = ["train", "--config", "run.yaml", "--set", "training.output_dir=alone"]
        return try await LoradProcess(command + overrides + arguments, in: path).outcome()
    }

    /// Waits until so many steps have been taken.
    func reach(_ step: Int, _ coordinator: LoradProcess) async throws {
        try await coordinator.wait(for: "step \(step)") { try stepsTaken >= step }
    }

    /// Waits until so many steps have been taken, and lets no further one be taken while something is done.
    func pause(at step: Int, _ coordinator: LoradProcess, while action: () async throws -> Void) async throws {
        try await reach(step, coordinator)
        coordinator.send(SIGSTOP)
        defer { coordinator.send(SIGCONT) }
        try #require(try stepsTaken < Self.steps, "the run ended before anything could be done")
        try await action()
    }

    /// Steps in the log so far.
    var stepsTaken: Int {
        get throws {
            let log = FileManager.default.contents(atPath: "\(path)/out/trainer_log.jsonl")
            return log?.count { $0 == UInt8(ascii: "\n") } ?? 0
        }
    }

    // MARK: Results

    /// The adapter that the shared run made.
    func adapter() throws -> Data { try contents(of: "out/adapter_model.safetensors") }

    private func contents(of name: String) throws -> Data { try Data(contentsOf: URL(filePath: "\(path)/\(name)")) }

    /// Steps and losses in the log of a run.
    private func losses(in folder: String) throws -> [[Double]] {
        struct Record: Decodable {
            var step: Double
            var loss: Double
        }
        return try contents(of: "\(folder)/trainer_log.jsonl").split(separator: UInt8(ascii: "\n")).map {
            let record = try JSONDecoder().decode(Record.self, from: Data($0))
            return [record.step, record.loss]
        }
    }

    /// Expects that the coordinator ends well, with the adapter and the losses of `lorad train`.
    func expectEnd(_ coordinator: LoradProcess, at location: SourceLocation = #_sourceLocation) async throws {
        try await coordinator.expectSuccess(at: location)
        let alone = try await Self.alone.value
        let isSame = try adapter() == alone.contents(of: "alone/adapter_model.safetensors")
        #expect(isSame, "the adapter differs from that of lorad train", sourceLocation: location)
        let (shared, expected) = (try losses(in: "out"), try alone.losses(in: "alone"))
        #expect(shared == expected, sourceLocation: location)
    }

    /// The run in one process, done once for all tests; their settings change nothing in its outcome.
    private static let alone = Task(executorPreference: TestThread()) {
        let run = try SharedRun()
        let outcome = try await run.train()
        try #require(outcome.status == 0, "\(outcome.errors)")
        return run
    }
}

extension LoradProcess {
    /// What a coordinator tells workers to join with.
    func joinLine() async throws -> String {
        let text = try await errors(containing: "--join '")
        let rest = text[(try #require(text.range(of: "--join '"))).upperBound...]
        return String(rest.prefix { $0 != "'" })
    }

    /// What a coordinator that was started with `--json` tells workers to join with.
    func joinLineOfJSON() async throws -> String {
        struct Listening: Decodable { var join: String }
        try await wait(for: "its join line") { try outputSoFar().contains("\"join\": \"") }
        let lines = try outputSoFar().split(separator: "\n")
        let line = try #require(lines.first { $0.contains("\"join\": \"") })
        return try JSONDecoder().decode(Listening.self, from: Data(line.utf8)).join
    }

    /// Expects that it ends well.
    func expectSuccess(at location: SourceLocation = #_sourceLocation) async throws {
        let outcome = try await outcome()
        try #require(outcome.status == 0, "\(outcome.errors)", sourceLocation: location)
    }

    /// Expects that it ends with a message that holds these words.
    func expectFailure(_ words: String..., at location: SourceLocation = #_sourceLocation) async throws {
        let outcome = try await outcome()
        #expect(outcome.status == 1, sourceLocation: location)
        for word in words {
            #expect(outcome.errors.contains(word), "\(word) is not in: \(outcome.errors)", sourceLocation: location)
        }
    }

    /// Ends it with a signal, as SIGKILL where a machine loses power.
    @discardableResult
    func end(by signal: Int32) async throws -> Outcome {
        send(signal)
        return try await outcome()
    }
}

/// Ports of this machine that nothing listens at.
enum FreePorts {
    /// Where a coordinator can listen again after it was ended: the first of two neighbouring ports, outside the ranges
    /// from which the system takes ports for connections, and servers theirs where they are to find a free one.
    static func endpoint() throws -> String {
        for _ in 0..<1_000 {
            let port = Int.random(in: 4_000..<9_999)
            if isFree(port), isFree(port + 1) { return "tcp://127.0.0.1:\(port)" }
        }
        throw CocoaError(.featureUnsupported)
    }

    private static func isFree(_ port: Int) -> Bool {
        #if os(Linux)
            let stream = Int32(SOCK_STREAM.rawValue)
        #else
            let stream = SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, stream, 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return status == 0
    }
}
