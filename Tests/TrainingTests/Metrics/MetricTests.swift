import Foundation
import Models
import Testing

@testable import Training

@Suite("Metrics")
struct MetricTests {
    /// A row with what the reference implementations give it (Fixtures/metrics).
    struct Row: Decodable, Sendable {
        var prediction: String
        var references: [String]
        var vqa_accuracy: Double?
        var rouge_l: Double
        var cider: Double?

        var asPrediction: Prediction {
            Prediction(questionID: .int(0), prediction: prediction, references: references)
        }
    }

    static func rows(_ name: String) throws -> [Row] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/metrics/\(name).jsonl")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
    }

    @Test("VQA accuracy is that of the VQA evaluation code")
    func vqa() throws {
        let rows = try Self.rows("answers")
        #expect(rows.count >= 100)
        for row in rows {
            let expected = try #require(row.vqa_accuracy)
            #expect(abs(VQAAccuracy.of(row.prediction, row.references) - expected) < 1e-12, "\(row)")
        }
    }

    @Test("ROUGE-L is that of rouge-score", arguments: ["answers", "captions"])
    func rouge(name: String) throws {
        for row in try Self.rows(name) {
            #expect(abs(RougeL.of(row.prediction, row.references) - row.rouge_l) < 1e-12, "\(row)")
        }
    }

    @Test("CIDEr-D is that of pycocoevalcap")
    func cider() throws {
        let rows = try Self.rows("captions")
        let scores = try PredictionScores(rows.map(\.asPrediction))
        for (row, found) in zip(rows, scores.each) {
            let expected = try #require(row.cider)
            #expect(abs(found.cider - expected) < 1e-9)
        }
        #expect(abs(scores.mean.cider - rows.reduce(0) { $0 + ($1.cider ?? 0) } / Double(rows.count)) < 1e-9)
    }

    @Test(
        "Answers are normalised as VQA v2 does",
        arguments: [
            ("Two", "2"), ("the  cat", "cat"), ("dont", "don't"), ("A man, a dog.", "man dog"), ("1,000", "1000"),
            ("3.5", "3.5"), ("red/blue", "red blue"), ("red / blue", "red blue"), ("red/ blue", "red blue"),
            ("\tyes\n", "yes"), ("somebody'd", "somebodyd"), ("y'alld've", "y'all'd've"), ("", ""), ("?", ""),
            ("none", "0"), ("U.S.", "us"), ("it's", "it's"), ("a", ""), ("left-hand", "left hand"),
        ])
    func normalization(answer: String, expected: String) { #expect(VQAAnswer(answer).text == expected) }

    @Test("An answer that three others gave counts in full, one that fewer gave in part")
    func agreement() {
        let others = ["a", "b", "c", "d", "e", "f"].map { "x\($0)" }
        for (count, expected) in [(0, 0.0), (1, 0.3), (2, 0.6), (3, 0.9), (4, 1)] {
            let references = Array(repeating: "yes", count: count) + (0..<10 - count).map { others[$0 % 6] + "\($0)" }
            #expect(abs(VQAAccuracy.of("Yes.", references) - expected) < 1e-12)
        }
        #expect(VQAAccuracy.of("yes", ["the yes"]) == 1)
    }

    @Test("Exact match looks at neither case nor white space, but at everything else")
    func exact() {
        #expect(ExactMatch.of(" A red\ncircle. ", ["x", "a Red circle."]) == 1)
        #expect(ExactMatch.of("a red circle", ["a red circle."]) == 0)
    }

    @Test(
        "Captions are taken apart as the Penn Treebank does",
        arguments: [
            ("A man, riding a horse.", ["a", "man", "riding", "a", "horse"]),
            ("Don't; it's the dog's", ["do", "n't", "it", "'s", "the", "dog", "'s"]),
            ("a t-shirt (red) & 1,000 - 3.5!", ["a", "t-shirt", "-lrb-", "red", "-rrb-", "&", "1,000", "3.5"]),
            (
                "Mr. X of the U.S. cannot see black/white t.v.",
                [
                    "mr.", "x", "of", "the", "u.s.", "can", "not", "see", "black/white", "t.v.",
                ]
            ),
            ("\"quoted\" … text", ["quoted", "text"]), ("", []), ("café naïve", ["café", "naïve"]),
        ])
    func words(text: String, expected: [String]) { #expect(CaptionWords.of(text) == expected) }

    @Test("A single row has no CIDEr-D; texts without words have none either")
    func degenerate() throws {
        let one = Prediction(questionID: .int(1), prediction: "a cat", references: ["a cat"])
        #expect(try PredictionScores([one]).mean.cider == 0)
        let empty = Prediction(questionID: .int(2), prediction: "", references: ["", "a dog"])
        let scores = try PredictionScores([one, empty])
        #expect(scores.each[1].cider == 0 && scores.each[1].rougeL == 0)
        #expect(scores.mean.exactMatch == 1)
        #expect(throws: TrainingError.self) { try PredictionScores([]) }
    }
}
