import Foundation
import Training

/// What `lorad eval` says of a contrastive model: an object for machines, lines for people.
protocol EvaluationReport: Encodable {
    var text: String { get }
}

extension EvaluationReport {
    /// One JSON object.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// How well images and captions find each other.
struct RetrievalReport: EvaluationReport {
    struct Recall: Encodable {
        var recall_at_1: Double
        var recall_at_5: Double
        var recall_at_10: Double

        init(_ recall: Retrieval.Recall) {
            (recall_at_1, recall_at_5, recall_at_10) = (recall.at1, recall.at5, recall.at10)
        }

        var text: String {
            String(format: "%6.2f%%  %6.2f%%  %6.2f%%", 100 * recall_at_1, 100 * recall_at_5, 100 * recall_at_10)
        }
    }

    var loss: Double
    var rows: Int
    var pictures: Int
    var texts: Int
    var picture_to_text: Recall
    var text_to_picture: Recall

    init(_ evaluation: PairEvaluation) {
        let retrieval = evaluation.retrieval
        (loss, rows) = (evaluation.meanLoss, evaluation.pairs)
        (pictures, texts) = (retrieval.pictures, retrieval.texts)
        picture_to_text = Recall(retrieval.pictureToText)
        text_to_picture = Recall(retrieval.textToPicture)
    }

    var text: String {
        """
        loss               \(String(format: "%.6f", loss))
        examples           \(rows)
        recall among         1        5       10
        \(texts) captions for images   \(picture_to_text.text)
        \(pictures) images for captions   \(text_to_picture.text)
        """
    }
}

/// How often an image's class is the nearest.
struct ZeroShotReport: EvaluationReport {
    var pictures: Int
    var classes: Int
    var top_1: Double
    var top_5: Double
    /// Share of each class's images that are taken for it.
    var by_class: [String: Double]

    init(_ evaluation: ZeroShotEvaluation, classes names: [String]) {
        (pictures, classes) = (evaluation.pictures, names.count)
        (top_1, top_5) = (evaluation.top1, evaluation.top5)
        by_class = Dictionary(zip(names, evaluation.byClass)) { first, _ in first }
    }

    var text: String {
        let lines = [
            "images    \(pictures)", "classes   \(classes)", String(format: "top 1     %.2f%%", 100 * top_1),
            String(format: "top 5     %.2f%%", 100 * top_5),
        ]
        let own = by_class.sorted { $0.key < $1.key }.map { String(format: "  %6.2f%%  ", 100 * $0.value) + $0.key }
        return (lines + own).joined(separator: "\n")
    }
}
