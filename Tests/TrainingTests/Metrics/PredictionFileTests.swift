import Foundation
import Models
import Testing

@testable import Training

@Suite("Files of predictions")
struct PredictionFileTests {
    @Test("What is written is read again, ids and repeated references included")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let rows = [
            Prediction(questionID: .int(7), prediction: "a \"red\" é\n", references: ["yes", "yes"]),
            Prediction(questionID: .string("x#3"), prediction: "", references: ["no"]),
        ]
        let path = folder.path + "/predictions.jsonl"
        try PredictionFile.write(rows, PredictionScores(rows), to: path)
        #expect(try PredictionFile.read(path) == rows)
        let first = try #require(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").first)
        #expect(first.contains("\"exact_match\": 0.0") && first.contains("\"cider\": "))
    }

    @Test("References may be a text, a list, or VQA's list of answers; empty lines are left out")
    func forms() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            """
            {"question_id": 1, "prediction": "a", "references": "b"}

            {"question_id": 2, "prediction": "a", "references": [{"answer": "c", "answer_id": 1}, "d"]}
            """, to: "p.jsonl")
        #expect(try PredictionFile.read(path).map(\.references) == [["b"], ["c", "d"]])
    }

    @Test(
        "A line that cannot be used is named",
        arguments: [
            (#"{"question_id": 1"#, "expected one JSON object per line"),
            (#"{"question_id": 1, "references": ["a"]}"#, "`prediction`: expected text, found nothing"),
            (#"{"prediction": "a", "references": ["a"]}"#, "`question_id`: expected text or a number, found nothing"),
            (
                #"{"question_id": [], "prediction": "a", "references": ["a"]}"#,
                "`question_id`: expected text or a number, found "
            ),
            (#"{"question_id": 1, "prediction": "a"}"#, "`references`: expected a list of texts, found nothing"),
            (#"{"question_id": 1, "prediction": "a", "references": []}"#, "`references`: expected a list of texts"),
            (#"{"question_id": 1, "prediction": "a", "references": [{}]}"#, "`references`: expected a list of texts"),
            ("[]", "`prediction`"),
        ])
    func problems(line: String, expected: String) throws {
        let folder = try TemporaryFolder()
        let good = #"{"question_id": 0, "prediction": "a", "references": ["b"]}"#
        let path = try folder.write(good + "\n" + line, to: "p.jsonl")
        let error = #expect(throws: TrainingError.self) { try PredictionFile.read(path) }
        #expect("\(try #require(error))".contains("p.jsonl:2: \(expected)"))
    }

    @Test("A file that is not there is named")
    func missing() {
        let error = #expect(throws: TrainingError.self) { try PredictionFile.read("/nonexistent/p.jsonl") }
        #expect(error?.message.contains("/nonexistent/p.jsonl") == true)
    }
}
