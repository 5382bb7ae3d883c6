import Foundation
import TestSupport
import Testing

@Suite("A federated run", .ownThreads, .timeLimit(.minutes(10)))
struct FederatedRunTests {
    private static let rounds = ["federation.mode=federated", "federation.rounds=3", "federation.local_steps=2"]

    /// Runs three rounds of two workers with a half of the rows each.
    ///
    /// - Returns: the coordinator's output, and the run.
    private func federate(_ settings: String...) async throws -> (outcome: LoradProcess.Outcome, run: SharedRun) {
        let run = try SharedRun()
        let arguments = (Self.rounds + settings + ["federation.min_workers=2"]).flatMap { ["--set", $0] }
        let rows = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: TinyLlava.data("train"))))
        let all = try #require(rows as? [Any])
        let coordinator = try LoradProcess(
            [
                "coordinator", "--config", "run.yaml", "--listen", "tcp://127.0.0.1:0", "--state", "state", "--set",
                "data.validation=\(TinyLlava.data("val"))",
            ] + SharedRun.manyUses + arguments, in: run.path)
        let line = try await coordinator.joinLine()
        let workers = try (0..<2).map { part in
            let file = "\(run.path)/part-\(part).json"
            let half = all.enumerated().filter { $0.offset % 2 == part }.map(\.element)
            try JSONSerialization.data(withJSONObject: half).write(to: URL(filePath: file))
            return try run.worker(line, "site-\(part)", "--data", file, "--images", TinyLlava.pictures)
        }
        let outcome = try await coordinator.outcome()
        for worker in workers {
            let end = try await worker.outcome()
            #expect(end.status == 0, "\(end.errors)")
        }
        return (outcome, run)
    }

    @Test(
        "learns from both, and what it writes is what it evaluated",
        arguments: ["mean", "ffa_lora", "flora", "flexlora", "fedex_lora"])
    func aggregations(_ name: String) async throws {
        let (outcome, run) = try await federate("federation.aggregation=\(name)")
        try #require(outcome.status == 0, "\(outcome.errors)")
        let log = try String(contentsOf: URL(filePath: "\(run.path)/out/trainer_log.jsonl"), encoding: .utf8)
        let last = try #require(log.split(separator: "\n").last.map { Data($0.utf8) })
        struct Record: Decodable { var eval_loss: Double }
        let logged = try JSONDecoder().decode(Record.self, from: last).eval_loss
        let evaluation = try await lorad(
            "eval", "--model", TinyLlava.model, "--adapter", "\(run.path)/out", "--data", TinyLlava.data("val"),
            "--images", TinyLlava.pictures, "--json")
        struct Report: Decodable { var loss: Double }
        let found = try JSONDecoder().decode(Report.self, from: Data(evaluation.output.utf8)).loss
        #expect(isClose(found, logged, within: 1e-5), "written \(found), evaluated \(logged)")
    }

    @Test("gives the same adapter when it is run again")
    func repeatable() async throws {
        let (first, one) = try await federate()
        let (second, other) = try await federate()
        #expect(first.status == 0 && second.status == 0)
        // Names, not keys, seed the workers' own randomness; which of the two is sampled first differs by key.
        #expect(try one.adapter() == other.adapter())
    }

    @Test("hears of no file and no row of a worker's where one of its pictures is damaged; the worker's user does")
    func damagedPicture() async throws {
        let run = try SharedRun()
        var picture = try Data(contentsOf: URL(filePath: "\(TinyLlava.pictures)/red-square.png"))
        picture[picture.count - 25] ^= 0xFF
        try picture.write(to: URL(filePath: "\(run.path)/scan-of-ada.png"))
        let row =
            #"{"image": "scan-of-ada.png", "conversations": [{"from": "human", "value": "<image>"},"#
            + #" {"from": "gpt", "value": "A red square."}]}"#
        try Data(row.utf8).write(to: URL(filePath: "\(run.path)/own.jsonl"))
        let coordinator = try run.coordinator("tcp://127.0.0.1:0", "--set", "federation.mode=federated")
        let worker = try await run.worker(
            try await coordinator.joinLine(), "site", "--data", "own.jsonl", "--images", "."
        ).outcome()
        #expect(worker.status == 1 && worker.errors.contains("scan-of-ada.png"), "\(worker.errors)")
        try await coordinator.end(by: SIGTERM)
        let heard = try coordinator.errors + coordinator.outputSoFar()
        #expect(heard.contains("its own log says why"), "\(heard)")
        #expect(!heard.contains("scan-of-ada") && !heard.contains("example 0"), "\(heard)")
    }

    @Test("turns a worker without data away with advice")
    func noData() async throws {
        let run = try SharedRun()
        let coordinator = try run.coordinator("tcp://127.0.0.1:0", "--set", "federation.mode=federated")
        let worker = try await run.worker(try await coordinator.joinLine(), "worker").outcome()
        #expect(worker.status == 1 && worker.errors.contains("--data"), "\(worker.errors)")
        coordinator.send(SIGKILL)
    }
}
