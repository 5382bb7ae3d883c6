import Adapters
import ArgumentParser
import Foundation
import Training

/// `lorad score`: how good answers are that are in a file.
struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Score predictions against references.",
        discussion: """
            Each line of the file is {"question_id": …, "prediction": "…", "references": ["…"]}, as
            `lorad eval --generate --predictions` writes them.

            Example:
              lorad score predictions.jsonl --json
            """)

    @Argument(help: "JSON Lines file with the predictions.")
    var file: String

    @Option(help: "File for the predictions with their scores.")
    var predictions: String?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() throws {
        let rows = try PredictionFile.read(file)
        let scores = try PredictionScores(rows)
        if let predictions { try PredictionFile.write(rows, scores, to: predictions) }
        print(json ? scores.json(rows: rows.count) : "examples     \(rows.count.grouped)\n\(scores.text)")
    }
}

extension PredictionScores {
    /// The means for people, a line each.
    var text: String {
        let lines = [
            String(format: "exact match  %.2f%%", 100 * mean.exactMatch),
            String(format: "VQA accuracy %.2f%%", 100 * mean.vqaAccuracy),
            String(format: "ROUGE-L      %.4f", mean.rougeL), String(format: "CIDEr-D      %.4f", mean.cider),
        ]
        return lines.joined(separator: "\n")
    }

    fileprivate func json(rows: Int) -> String {
        let members =
            mean.named.sorted { $0.name < $1.name }.map { "\"\($0.name)\":\($0.value)" } + ["\"rows\":\(rows)"]
        return "{\(members.joined(separator: ","))}"
    }
}
