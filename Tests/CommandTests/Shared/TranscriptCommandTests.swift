import Foundation
import TestSupport
import Testing

@Suite("lorad privacy transcript", .ownThreads, .timeLimit(.minutes(10)))
struct TranscriptCommandTests {
    private struct Report: Decodable {
        struct Entry: Decodable {
            var kind: String
            var round: Int?
            var basis: String?
        }
        var signer: String
        var lines: Int
        var entries: [Entry]?
        var rounds_compared: Int?
        var difference: String?
    }

    /// A finished run of two rounds, of two workers with data of their own.
    private func finished() async throws -> SharedRun {
        let run = try SharedRun()
        let coordinator = try LoradProcess(
            [
                "coordinator", "--config", "run.yaml", "--listen", "tcp://127.0.0.1:0", "--state", "state",
                "--json",
            ]
                + SharedRun.manyUses
                + ["mode=federated", "rounds=2", "local_steps=1", "min_workers=2"].flatMap {
                    ["--set", "federation.\($0)"]
                },
            in: run.path)
        let line = try await coordinator.joinLineOfJSON()
        let workers = try ["one", "two"].map {
            try run.worker(line, $0, "--data", TinyLlava.data("train"), "--images", TinyLlava.pictures)
        }
        try await coordinator.expectSuccess()
        for worker in workers { try await worker.expectSuccess() }
        return run
    }

    private func transcript(_ run: SharedRun, _ worker: String, _ arguments: [String]) async throws
        -> LoradProcess.Outcome
    {
        try await LoradProcess(
            ["privacy", "transcript", "shared", "--worker", worker, "--state", "\(run.path)/\(worker)"]
                + arguments,
            in: run.path
        ).outcome()
    }

    @Test(
        "shows what a worker has given away, compares two sites, and names the line that somebody changed"
    )
    func command() async throws {
        let run = try await finished()
        let path = { (worker: String) in
            "\(run.path)/\(worker)/workers/\(worker)/transcripts/shared.transcript"
        }
        let shown = try await transcript(run, "one", [])
        #expect(shown.status == 0, "\(shown.errors)")
        for words in [
            "joined run shared", "round 1: an update that the coordinator can read", "round 2: ",
            "3 lines, in order",
        ] {
            #expect(shown.output.contains(words), "\(shown.output)")
        }
        let verified = try await transcript(run, "one", ["--verify"])
        #expect(verified.output.hasPrefix("3 lines, in order, signed by worker "), "\(verified.output)")
        let compared = try await transcript(run, "one", ["--json", "--against", path("two")])
        let report = try JSONDecoder().decode(Report.self, from: Data(compared.output.utf8))
        #expect(
            compared.status == 0 && report.lines == 3 && report.rounds_compared == 2
                && report.difference == nil)
        #expect(report.entries?.map(\.kind) == ["joined", "update", "update"])
        #expect(Set(report.entries?.map(\.basis) ?? []).count == 1)

        let own = try await transcript(run, "one", ["--against", path("one")])
        #expect(
            own.status == 1 && own.errors.contains("contradict each other: both are signed by"),
            "\(own.errors)")
        let missing = try await transcript(run, "two", ["--against", "nowhere"])
        #expect(missing.status == 1 && missing.errors.ranges(of: "nowhere").count == 1, "\(missing.errors)")
        let text = try String(contentsOfFile: path("two"), encoding: .utf8)
        try Data(text.replacing("\"round\":2", with: "\"round\":3").utf8).write(
            to: URL(filePath: path("two")))
        for outcome in [
            try await transcript(run, "two", ["--verify"]),
            try await transcript(run, "one", ["--against", path("two")]),
        ] {
            #expect(
                outcome.status == 1 && outcome.errors.contains("line 3 was changed, or is not signed by"),
                "\(outcome.errors)")
        }
        try FileManager.default.removeItem(atPath: "\(run.path)/one/workers/one/worker.key")
        let keyless = try await transcript(run, "one", ["--verify"])
        #expect(keyless.status == 1 && keyless.errors.contains("worker.key is missing"), "\(keyless.errors)")
        let none = try await transcript(run, "three", [])
        #expect(none.status == 1 && none.errors.contains("no such transcript"), "\(none.errors)")
    }

    @Test("says where the worker's state is, and where its transcripts are")
    func help() async throws {
        let help = try await lorad("privacy", "transcript", "--help").output
        #expect(help.contains("The worker's state folder") && !help.contains("coordinator"), "\(help)")
        #expect(help.contains("workers/NAME/transcripts/RUN.transcript"))
    }
}
