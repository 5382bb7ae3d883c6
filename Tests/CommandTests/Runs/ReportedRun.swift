import Foundation
import Models
import Testing

/// A run of the tiny model that a coordinator and workers share, with everything that they keep in a folder.
struct ReportedRun {
    private let run: TinyRun

    init() throws { run = try TinyRun() }

    /// The folder that everything is kept in.
    var path: String { run.path }

    /// The records of trainer_log.jsonl.
    func log() throws -> [TinyRun.LogEntry] { try run.log() }

    /// Starts `lorad coordinator`; its events are JSON.
    func coordinator(_ settings: String..., flags: [String] = []) throws -> LoradProcess {
        try? FileManager.default.removeItem(atPath: "\(run.path)/join")
        let listen = ["--listen", "ipc://\(run.path)/c", "--join-file", "join", "--json"]
        let arguments = ["--config", "run.yaml"] + listen + SharedRun.manyUses
        return try LoradProcess(
            ["coordinator"] + arguments + state + settings.flatMap { ["--set", $0] } + flags, in: run.path)
    }

    /// Starts `lorad worker` once the coordinator can be joined; its events are JSON.
    func worker(_ name: String) async throws -> LoradProcess {
        try await eventually { FileManager.default.fileExists(atPath: "\(run.path)/join") }
        let line = try String(contentsOf: URL(filePath: "\(run.path)/join"), encoding: .utf8)
        let join = line.trimmingCharacters(in: .newlines)
        return try LoradProcess(["worker", "--join", join, "--name", name, "--json"] + state, in: run.path)
    }

    /// Runs `lorad runs` to its end.
    func runs(_ arguments: String...) async throws -> LoradProcess.Outcome {
        try await LoradProcess(["runs"] + arguments + state, in: run.path).outcome()
    }

    /// What `lorad runs show --json` says.
    func digest() async throws -> JSONValue {
        let outcome = try await runs("show", "run", "--json")
        return try JSONValue(parsing: Data(outcome.output.utf8), file: "runs show")
    }

    /// Waits until steps of this number are done.
    func reaches(step: Int) async throws {
        try await eventually {
            let outcome = try await runs("list", "--json")
            guard outcome.status == 0, !outcome.output.isEmpty else { return false }
            let json = try JSONValue(parsing: Data(outcome.output.utf8), file: "runs list")
            return json["done"]?.intValue ?? 0 >= step
        }
    }

    private var state: [String] { ["--state", "state"] }
}

/// Waits for what is to come about soon.
func eventually(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<600 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("this did not come about within half a minute")
}

extension LoradProcess.Outcome {
    /// The JSON objects of standard output.
    func events() throws -> [JSONValue] { try output.events() }
}

extension String {
    /// The JSON objects that stand on its lines, as far as the last one is complete.
    func events() throws -> [JSONValue] {
        try split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            try JSONValue(parsing: Data($0.utf8), file: "event")
        }
    }
}

extension [JSONValue] {
    /// Those of a kind.
    func named(_ name: String) -> [JSONValue] { filter { $0["event"]?.stringValue == name } }
}
