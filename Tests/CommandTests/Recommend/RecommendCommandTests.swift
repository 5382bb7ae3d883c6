import Foundation
import TestSupport
import Testing

@Suite("lorad recommend", .ownThreads, .timeLimit(.minutes(10)))
struct RecommendCommandTests {
    @Test(
        "writes a run file that lorad config check has nothing to say against, and that trains",
        arguments: ["vqa", "satellite"])
    func endToEnd(task: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await lorad(
            "recommend", "--task", task, "--examples", "12", "--model", TinyLlava.model, "--data",
            TinyLlava.data("train"),
            "--validation", TinyLlava.data("val"), "--images", TinyLlava.pictures, in: folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("needs ") && outcome.errors.contains("mapped weights"))
        try folder.write(outcome.output, to: "run.yaml")
        let checked = try await lorad("config", "check", "run.yaml", in: folder.path)
        #expect(checked.output == "run.yaml: no errors, no warnings\n", "\(checked.output)")
        let trained = try await lorad("train", "--config", "run.yaml", "--dry-run", in: folder.path)
        #expect(trained.status == 0, "\(trained.errors)")
    }

    @Test("suits a CLIP model too, and refuses to ask it questions")
    func contrastive() async throws {
        let arguments = ["recommend", "--examples", "10", "--model", TinyClip.model, "--json", "--task"]
        let outcome = try await LoradProcess(arguments + ["classification"], in: TinyLlava.repository).outcome()
        struct Report: Decodable {
            struct Memory: Decodable { var own_bytes: Int }
            var fits: Bool
            var memory: Memory
            var run_file: String
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        #expect(report.fits && report.memory.own_bytes > 0 && report.run_file.contains("target_modules: [q_proj"))
        let refused = try await LoradProcess(arguments + ["vqa"], in: TinyLlava.repository).outcome()
        #expect(refused.status == 1 && refused.errors.contains("only compares images and text"))
    }
}
