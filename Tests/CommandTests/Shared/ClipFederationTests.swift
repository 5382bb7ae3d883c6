import Foundation
import TestSupport
import Testing

@Suite("A CLIP run that workers share", .ownThreads, .timeLimit(.minutes(10)))
struct ClipFederationTests {
    /// Runs rounds of two workers.
    private func run(_ settings: [String], data: Bool) async throws -> String {
        let folder = try TemporaryFolder()
        try folder.write(try TinyClip.runFile(), to: "run.yaml")
        let arguments = (["federation.rounds=3", "federation.min_workers=2"] + settings).flatMap { ["--set", $0] }
        let coordinator = try LoradProcess(
            ["coordinator", "--config", "run.yaml", "--listen", "tcp://127.0.0.1:0", "--state", "state"]
                + SharedRun.manyUses + arguments, in: folder.path)
        let line = try await coordinator.joinLine()
        let own = data ? ["--data", TinyClip.data("train"), "--images", TinyClip.pictures] : []
        let workers = try ["one", "other"].map { name in
            try LoradProcess(
                [
                    "worker", "--join", line, "--name", name, "--state", "\(folder.path)/\(name)", "--lanes", "1",
                ] + own, in: folder.path)
        }
        try await coordinator.expectSuccess()
        for worker in workers { try await worker.expectSuccess() }
        let log = try String(contentsOf: URL(filePath: "\(folder.path)/out/trainer_log.jsonl"), encoding: .utf8)
        struct Record: Decodable {
            var eval_loss: Double?
            var eval_recall_at_1: Double?
        }
        let last = try JSONDecoder().decode(Record.self, from: Data(try #require(log.split(separator: "\n").last).utf8))
        let evaluation = try await lorad(
            "eval", "--model", TinyClip.model, "--adapter", "\(folder.path)/out", "--data", TinyClip.data("val"),
            "--images", TinyClip.pictures, "--json")
        struct Report: Decodable { var loss: Double }
        let found = try JSONDecoder().decode(Report.self, from: Data(evaluation.output.utf8)).loss
        #expect(isClose(found, try #require(last.eval_loss), within: 1e-5), "written \(found), evaluated \(last)")
        #expect(last.eval_recall_at_1 != nil)
        return log
    }

    @Test("Workers with data of their own train on batches of their own, and what is written is what was evaluated")
    func federated() async throws {
        _ = try await run(
            ["federation.mode=federated", "federation.local_steps=2", "training.learn_temperature=true"], data: true)
    }

    @Test("Stretches of steps on the coordinator's rows work too")
    func distributed() async throws {
        _ = try await run(["federation.mode=distributed", "federation.local_steps=2"], data: false)
    }
}
