import Foundation
import Models

/// Pictures with captions in a table, as Hugging Face's imagefolder has them: `file_name` or an `image` column, and `text`,
/// `caption` or `captions`. A list of captions makes a row of each.
struct CaptionRows: DatasetRows {
    static let tableNames = ["metadata.jsonl", "metadata.csv", "metadata.parquet"]
    static let defaultQuestion = "Describe the picture."
    private static let captionNames = ["text", "caption", "captions"]

    let path: String
    private let table: RecordTable
    private let folder: String
    private let question: String
    /// The record and the caption of each row; nil where every record has one caption.
    private let rows: [(record: Int32, caption: Int32)]?

    /// Opens a table.
    ///
    /// - Parameters:
    ///   - path: The table, or the folder that it lies in. Pictures are relative to that folder.
    ///   - question: What each picture is asked for.
    init(path: String, question: String) throws {
        self.path = path
        let file = try Self.table(at: path)
        table = try RecordTable(path: file)
        folder = FolderEntries.parent(of: file)
        self.question = question
        rows = Self.rows(of: table)
    }

    /// The table of a folder, or the path itself.
    ///
    /// - Throws: `TrainingError` where a folder has two.
    private static func table(at path: String) throws -> String {
        let inside = tableNames.map { "\(path)/\($0)" }.filter { FileManager.default.fileExists(atPath: $0) }
        guard inside.count < 2 else {
            let names = tableNames.filter { inside.contains("\(path)/\($0)") }.joined(separator: " and ")
            throw TrainingError(
                .invalidDataset, "\(path): has both \(names): give the one that counts as the dataset")
        }
        return inside.first ?? path
    }

    var count: Int { rows?.count ?? table.count }

    var remark: String? { "asked \(question.debugDescription)" }

    func place(ofRow row: Int) -> RowPlace { table.place(of: index(row).record) }

    func fields(ofRow row: Int) throws -> JSONValue { try reading(row) { try table.record(at: index(row).record) } }

    func conversation(at row: Int) throws -> Conversation {
        let record = try fields(ofRow: row)
        let id = record["file_name"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        return try reading(row, id: id) {
            Conversation(
                row: row, id: id, images: [try picture(of: record, id, row)], question: question,
                answer: try Self.captions(of: record)[index(row).caption])
        }
    }

    private func picture(of record: JSONValue, _ id: String?, _ row: Int) throws -> Picture {
        let image = try RowValue(value: record, path: "").member("image")?.reference()
        guard let reference = id ?? image, !reference.isEmpty else {
            throw RowProblem.Reason("has no `file_name`: expected a picture's path")
        }
        guard let picture = try table.picture(reference, of: index(row).record, folder: folder) else {
            throw RowProblem.Reason("`\(id == nil ? "image" : "file_name")`: expected a path")
        }
        return picture
    }

    private func index(_ row: Int) -> (record: Int, caption: Int) {
        guard let rows else { return (row, 0) }
        return (Int(rows[row].record), Int(rows[row].caption))
    }

    /// The captions of a record, at least one.
    private static func captions(of record: JSONValue) throws -> [String] {
        let found = captionNames.compactMap { name in record[name].map { (name, $0) } }.first { !$0.1.isNull }
        guard let (name, value) = found else {
            throw RowProblem.Reason("has no `text` or `caption`: expected what the picture shows")
        }
        if let caption = value.stringValue { return [caption] }
        guard let list = value.arrayValue, !list.isEmpty, list.allSatisfy({ $0.stringValue != nil }) else {
            throw RowProblem.Reason("`\(name)`: expected text or a list of texts, found \(value.summary)")
        }
        return list.compactMap(\.stringValue)
    }

    private static func rows(of table: RecordTable) -> [(record: Int32, caption: Int32)]? {
        guard table.mayHoldLists else { return nil }
        let counts = RowChunks(count: table.count).map { records in
            records.map { record in
                (try? captions(of: table.record(at: record)).count) ?? 1
            }
        }.flatMap(\.self)
        guard counts.contains(where: { $0 != 1 }) else { return nil }
        return counts.enumerated().flatMap { record, count in
            (0..<count).map { (Int32(truncatingIfNeeded: record), Int32(truncatingIfNeeded: $0)) }
        }
    }
}
