import Foundation
import Models
import Tensors

/// A JSON Lines file of predictions: `{"question_id": …, "prediction": "…", "references": ["…"]}`.
public enum PredictionFile {
    /// Reads a file; scores in it are ignored.
    ///
    /// - Throws: `TrainingError` naming the file and the line.
    public static func read(_ path: String) throws -> [Prediction] {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
        } catch {
            throw TrainingError(.fileNotFound, "\(path): cannot be read", cause: error)
        }
        if let reason = PackedFile.reason(against: data) { throw TrainingError(.unsupported, "\(path): \(reason)") }
        return try data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
            .compactMap { index, line in
                guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) else { return nil }
                return try prediction(Data(line), "\(path):\(index + 1)")
            }
    }

    private static func prediction(_ line: Data, _ place: String) throws -> Prediction {
        let row: JSONValue
        do {
            row = try JSONValue(parsing: line, file: place)
        } catch {
            throw TrainingError(.invalidDataset, "\(place): expected one JSON object per line", cause: error)
        }
        guard let text = row["prediction"]?.stringValue else {
            throw TrainingError(.invalidDataset, "\(place): `prediction`: \(Self.expected("text", row["prediction"]))")
        }
        let id = row["question_id"] ?? .null
        guard id.stringValue != nil || id.intValue != nil else {
            throw TrainingError(
                .invalidDataset, "\(place): `question_id`: \(Self.expected("text or a number", row["question_id"]))")
        }
        guard let references = References(row["references"] ?? .null), !references.texts.isEmpty else {
            throw TrainingError(
                .invalidDataset, "\(place): `references`: \(Self.expected("a list of texts", row["references"]))")
        }
        return Prediction(questionID: id, prediction: text, references: references.texts)
    }

    private static func expected(_ kind: String, _ found: JSONValue?) -> String {
        "expected \(kind), found \(found.map(\.excerpt) ?? "nothing")"
    }

    /// Writes predictions with their scores, complete or not at all.
    ///
    /// - Throws: `TensorError.writeFailed`.
    public static func write(_ predictions: [Prediction], _ scores: PredictionScores, to path: String) throws {
        let lines = zip(predictions, scores.each).map { item, scores in
            let members: [JSONValue.Member] =
                [
                    .init("question_id", item.questionID), .init("prediction", .string(item.prediction)),
                    .init("references", .array(item.references.map { .string($0) })),
                ] + scores.named.map { .init($0.name, .double($0.value)) }
            return JSONValue.object(members).text(isASCII: false) + "\n"
        }
        try AtomicFile.write(lines.joined(), to: path)
    }
}
