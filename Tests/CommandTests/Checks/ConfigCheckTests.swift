import Foundation
import TestSupport
import Testing

@Suite("lorad config check", .ownThreads, .timeLimit(.minutes(10)))
struct ConfigCheckTests {
    @Test("has nothing to say of the tiny run files", arguments: ConfigsTests.tiny)
    func tiny(name: String) async throws {
        let outcome = try await lorad("config", "check", "configs/\(name)")
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output == "configs/\(name): no errors, no warnings\n")
    }

    @Test("names file, line, key, what, why and what to do, and exits with 0 where there are only warnings")
    func warnings() async throws {
        let run = try TinyRun("training.max_steps=5")
        let outcome = try await run.check(
            "--set", "training.warmup_ratio=0.9", "--set", "training.lr_scheduler_type=linear")
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(
            outcome.output.contains(
                "--set training.warmup_ratio=0.9: warning: training.warmup_ratio: the warm-up takes 5 of 5 steps; "
                    + "the learning rate never reaches its peak; set 0.03 to 0.1\n"))
        #expect(outcome.output.hasSuffix("run.yaml: 1 warning\n"))
    }

    static let mistakes = [
        (["training.lora_dropout=0.1"], "training.lora_dropout: unknown key; it belongs at adapter.lora_dropout"),
        (["model.path=none"], "model.path: must name an existing folder, found none"),
        (["data.max_length=9"], "data.max_length: "),
        (["adapter={target_modules: [nothing]}"], "adapter"),
        (["data.train=empty.json"], "data: "),
    ]

    @Test("exits with 1 where a run could not start, and tells why at the key", arguments: mistakes)
    func errors(settings: [String], message: String) async throws {
        let run = try TinyRun()
        let row =
            #"[{"id": "a", "conversations": []}]"#
        try row.write(toFile: "\(run.path)/empty.json", atomically: true, encoding: .utf8)
        let outcome = try await run.check(settings.flatMap { ["--set", $0] })
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("error: \(message)"), "\(outcome.output)")
        #expect(outcome.output.hasSuffix("run.yaml: 1 error\n"))
        #expect(!run.has("run.yaml"))
    }

    @Test("writes one JSON object, with the lines as numbers")
    func json() async throws {
        let run = try TinyRun("data.on_long=drop", "data.max_length=30", "training.per_device_train_batch_size=1")
        let outcome = try await run.check("--json")
        #expect(outcome.status == 0, "\(outcome.output)")
        struct Report: Decodable {
            struct Warning: Decodable {
                var override: String?
                var key: String
                var action: String
            }
            var file: String
            var errors: [String]
            var warnings: [Warning]
            var notes: [String]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        #expect(report.file == "run.yaml" && report.errors.isEmpty && !report.notes.isEmpty)
        #expect(report.warnings.map(\.key) == ["data.max_length"])
        #expect(report.warnings.first?.override == "data.max_length=30")
    }

    @Test("looks at the file alone where that is asked for")
    func fileOnly() async throws {
        let outcome = try await lorad("config", "check", "configs/medical.yaml", "--file-only")
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let missing = try await lorad("config", "check", "configs/medical.yaml")
        #expect(missing.status == 1 && missing.output.contains("configs/medical.yaml:8: error: model.path: must"))
    }
}

extension TinyRun {
    /// Runs `lorad config check` on the run file.
    fileprivate func check(_ arguments: String...) async throws -> LoradProcess.Outcome { try await check(arguments) }

    fileprivate func check(_ arguments: [String]) async throws -> LoradProcess.Outcome {
        let words = Array(self.arguments(arguments).dropFirst(2))
        return try await LoradProcess(["config", "check"] + words, in: path).outcome()
    }
}
