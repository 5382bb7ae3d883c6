import Foundation
import TestSupport
import Testing

@Suite("lorad score", .ownThreads, .timeLimit(.minutes(10)))
struct ScoreTests {
    private struct Report: Decodable {
        var rows: Int
        var exact_match: Double
        var vqa_accuracy: Double
        var rouge_l: Double
        var cider: Double
    }

    private static let lines = """
        {"question_id": 1, "prediction": "Two", "references": ["2"]}
        {"question_id": "b", "prediction": "a red circle", "references": ["a red circle", "the blue square"]}
        """

    @Test("prints the means, and writes each prediction's scores")
    func scores() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(Self.lines, to: "p.jsonl")
        let outcome = try await lorad("score", file, "--json", "--predictions", "\(folder.path)/scored.jsonl")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        #expect(report.rows == 2 && report.exact_match == 0.5 && report.rouge_l == 0.5)
        #expect(abs(report.vqa_accuracy - 0.5 - 1.0 / 12) < 1e-9)
        let scored = try String(contentsOfFile: "\(folder.path)/scored.jsonl", encoding: .utf8).split(separator: "\n")
        #expect(scored.count == 2 && scored[0].contains(#""vqa_accuracy": 1.0"#))
        let text = try await lorad("score", file)
        #expect(text.output.contains("exact match  50.00%"))
    }

    @Test("names the line that it cannot use")
    func problem() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(Self.lines + "\n{}", to: "p.jsonl")
        let outcome = try await lorad("score", file)
        #expect(outcome.status == 1 && outcome.errors.contains("p.jsonl:3: `prediction`: expected text, found nothing"))
    }
}
