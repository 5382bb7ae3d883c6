import Federation
import Foundation
import TestSupport
import Testing

@testable import lorad

@Suite("lorad privacy", .ownThreads, .timeLimit(.minutes(10)))
struct PrivacyCommandTests {
    private struct Figures: Decodable {
        var epsilon: Double
        var noise_multiplier: Double?
        var releases: Int?
    }

    private func figures(_ arguments: String..., at folder: String = ".") async throws -> Figures {
        let outcome = try await LoradProcess(["privacy"] + arguments + ["--json"], in: folder).outcome()
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Figures.self, from: Data(outcome.output.utf8))
    }

    @Test("answers how much noise a budget needs, and what noise costs")
    func planning() async throws {
        // 100 workers of 1,000, dp-accounting 0.6: 9.9712750336 by loss distributions, 11.0631041468 by Rényi.
        let question = ["--sampling-rate", "0.1", "--rounds", "200", "--delta", "1e-5"]
        for (accountant, reference) in [("pld", 9.9712750336), ("rdp", 11.0631041468)] {
            let outcome = try await LoradProcess(
                ["privacy", "epsilon", "--noise-multiplier", "1", "--accountant", accountant, "--json"] + question,
                in: "."
            ).outcome()
            let found = try JSONDecoder().decode(Figures.self, from: Data(outcome.output.utf8)).epsilon
            #expect(abs(found / reference - 1) < 5e-3, "\(accountant): \(found)")
        }
        let sigma = try await figures(
            "sigma", "--epsilon", "8", "--sampling-rate", "0.1", "--rounds", "200", "--delta", "1e-5")
        #expect(abs((sigma.noise_multiplier ?? 0) / 1.129737 - 1) < 1e-3)
    }

    @Test("says what is wrong with a question")
    func badQuestions() async throws {
        for (arguments, words) in [
            (["--noise-multiplier", "1", "--delta", "2"], "delta"), (["--noise-multiplier", "-1"], "noise"),
            (["--noise-multiplier", "1", "--sampling-rate", "1.5"], "rate"),
        ] {
            let outcome = try await LoradProcess(["privacy", "epsilon"] + arguments, in: ".").outcome()
            #expect(outcome.status != 0 && outcome.errors.contains(words), "\(outcome.errors)")
        }
    }

    @Test("tells of no guarantee where a run has no differential privacy", arguments: [false, true])
    func noGuarantee(isJSON: Bool) async throws {
        let folder = try TemporaryFolder()
        let configuration = try RunFile.text(of: RunFileFixture.parse(RunFileFixture.with("training: { seed: 1 }")))
        _ = try RunStore(
            folder: "\(folder.path)/runs", run: "plain", mode: "federated", configuration: configuration, now: Date())
        let outcome = try await LoradProcess(
            ["privacy", "ledger", "plain", "--state", folder.path] + (isJSON ? ["--json"] : []), in: "."
        ).outcome()
        #expect(outcome.status == 1 && outcome.errors.contains("has no differential privacy"), "\(outcome.errors)")
        #expect(!outcome.output.contains("epsilon"), "\(outcome.output)")
    }

    @Test("knows what a run has spent, to the round, also when its coordinator was killed")
    func ledger() async throws {
        let run = try SharedRun()
        let settings = [
            "federation.mode=federated", "federation.rounds=120", "federation.local_steps=1",
            "federation.worker_timeout=1", "privacy.differential_privacy.enabled=true",
            "privacy.differential_privacy.noise_multiplier=20",
        ]
        let endpoint = try FreePorts.endpoint()
        let command =
            ["coordinator", "--config", "run.yaml", "--listen", endpoint, "--state", "state"] + SharedRun.manyUses
            + settings.flatMap { ["--set", $0] }
        let first = try LoradProcess(command, in: run.path)
        let line = try await first.joinLine()
        let worker = try run.worker(line, "site", "--data", TinyLlava.data("train"), "--images", TinyLlava.pictures)
        try await run.reach(7, first)
        try await first.end(by: SIGKILL)
        let second = try LoradProcess(command, in: run.path)
        try await second.expectSuccess()
        try await worker.expectSuccess()
        let spent = try await figures("ledger", "shared", "--state", "\(run.path)/state")
        // A release is noted before it is made: killed in between, the round is done again, and both count.
        let releases = try #require(spent.releases)
        #expect((120...121).contains(releases), "one for each round, whichever coordinator committed it")
        let planned = try await figures("epsilon", "--noise-multiplier", "20", "--rounds", "\(releases)")
        #expect(abs(spent.epsilon - planned.epsilon) < 1e-6)
        let text = try await lorad("privacy", "ledger", "shared", "--state", "\(run.path)/state").output
        #expect(text.contains("Released \(releases) times"))
        #expect(text.contains("any one worker and all of its data, or with nothing in that one's place"))
    }
}
