import Foundation
import Models

/// Images with captions in a table, as Hugging Face's imagefolder has them: `file_name` or an `image` column, and
/// `text`, `caption` or `captions`. A list of captions makes an example of each.
struct CaptionRows: DatasetRows {
    static let tableNames = ["metadata.jsonl", "metadata.csv", "metadata.parquet"]
    static let defaultQuestion = "Describe the picture."
    static let captionNames = ["text", "caption", "captions"]

    let path: String
    private let table: RecordTable
    let folder: String
    private let question: String
    private let columns: ColumnMapping
    /// The record and the caption of each example; `nil` if every record has one caption.
    private let rows: [(record: Int32, caption: Int32)]?

    /// Opens a table.
    ///
    /// - Parameters:
    ///   - path: The table, or the folder that it is in. Images are relative to that folder.
    ///   - question: What each image is asked for.
    ///   - columns: Column names.
    ///   - separator: What separates the fields of CSV; nil lets the first line decide.
    init(
        path: String, question: String, columns: ColumnMapping = ColumnMapping(), separator: TableSeparator? = nil
    ) throws {
        self.path = path
        let file = try Self.table(at: path)
        let table = try RecordTable(path: file, separator: separator, mapping: columns)
        try table.check(columns)
        folder = FolderEntries.parent(of: file)
        self.question = question
        self.columns = columns
        self.table = table
        rows = Self.rows(of: table, columns)
    }

    /// The table of a folder, or the path itself.
    ///
    /// - Throws: `TrainingError` if a folder has two.
    private static func table(at path: String) throws -> String {
        let inside = tableNames.map { "\(path)/\($0)" }.filter { FileManager.default.fileExists(atPath: $0) }
        guard inside.count < 2 else {
            let names = tableNames.filter { inside.contains("\(path)/\($0)") }.joined(separator: " and ")
            throw TrainingError(
                .invalidDataset, "\(path): has both \(names): give one of them as the dataset")
        }
        return inside.first ?? path
    }

    var count: Int { rows?.count ?? table.count }

    var remark: String? { "question \(question.debugDescription)" }

    func place(ofRow row: Int) -> RowPlace { table.place(of: index(row).record) }

    func fields(ofRow row: Int) throws -> JSONValue {
        try reading(row) { columns.applied(to: try table.record(at: index(row).record)) }
    }

    /// The row in LLaVA's format, with absolute paths; of a table with mapped columns the record with its own names, so that parts
    /// are read as the whole is.
    func part(ofRow row: Int) throws -> Data {
        let conversation = try conversation(at: row)
        guard !columns.entries.isEmpty else {
            return Data(try LlavaRow.json(conversation).text(isASCII: false).utf8)
        }
        let members = try reading(row) { try written(row, try conversation.images.map(LlavaRow.reference)) }
        return Data(JSONValue.object(members).text(isASCII: false).utf8)
    }

    /// An example's record with its own names, its image and its one caption in it.
    private func written(_ row: Int, _ pictures: [String]) throws -> [JSONValue.Member] {
        let record = try table.record(at: index(row).record)
        let caption = try Self.captions(of: columns.applied(to: record))[index(row).caption]
        let captions = Self.captionNames.map(columns.column)
        let place = ["file_name", "image"].map(columns.column).first {
            record[$0].map { !$0.isNull && $0 != .string("") } ?? false
        }
        return (record.objectValue ?? []).map { member in
            if member.key == place, let picture = pictures.first { return .init(member.key, .string(picture)) }
            return captions.contains(member.key) && !member.value.isNull
                ? .init(member.key, .string(caption.text)) : .init(member.key, BinaryCell.left(out: member.value))
        }
    }

    func conversation(at row: Int) throws -> Conversation {
        let record = try fields(ofRow: row)
        let id = record["file_name"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        return try reading(row, id: id) {
            let picture = try picture(of: record, row)
            let caption = try Self.captions(of: record)[index(row).caption]
            return Conversation(
                row: row, id: id, person: try RowValue(value: record, path: "").member("person")?.identifier(),
                images: [picture], question: question, answer: caption.text,
                notes: RowNotes(answersAsText: caption.isConverted ? 1 : 0))
        }
    }

    /// The image of an example: its `file_name`, or its `image` where it has none.
    ///
    /// - Throws: `RowProblem.Reason`, or what reading the example throws.
    func picture(of record: JSONValue, _ row: Int) throws -> Picture {
        let file = record["file_name"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        let image = try file ?? RowValue(value: record, path: "").member("image")?.reference()
        guard let image, !image.isEmpty else {
            throw RowProblem.Reason("has no `file_name`: expected the path of an image")
        }
        guard let picture = try table.picture(image, of: index(row).record, folder: folder) else {
            throw RowProblem.Reason("`\(file == nil ? "image" : "file_name")`: expected a path")
        }
        return picture
    }

    private func index(_ row: Int) -> (record: Int, caption: Int) {
        guard let rows else { return (row, 0) }
        return (Int(rows[row].record), Int(rows[row].caption))
    }

    /// The captions of a record, at least one.
    private static func captions(of record: JSONValue) throws -> [SpokenText] {
        let found = captionNames.compactMap { name in record[name].map { (name, $0) } }.first { !$0.1.isNull }
        guard let (name, value) = found else {
            throw RowProblem.Reason("has no `text` or `caption`: expected a description of the image")
        }
        if let caption = SpokenText(value) { return [caption] }
        let captions = value.arrayValue?.map(SpokenText.init) ?? []
        guard !captions.isEmpty, !captions.contains(where: { $0 == nil }) else {
            throw RowProblem.Reason("`\(name)`: expected text or a list of texts, found \(value.summary)")
        }
        return captions.compactMap(\.self)
    }

    private static func rows(of table: RecordTable, _ columns: ColumnMapping) -> [(record: Int32, caption: Int32)]? {
        guard table.mayHoldLists else { return nil }
        let counts = RowChunks(count: table.count).map { records in
            records.map { record in
                (try? captions(of: columns.applied(to: table.record(at: record))).count) ?? 1
            }
        }.flatMap(\.self)
        guard counts.contains(where: { $0 != 1 }) else { return nil }
        return counts.enumerated().flatMap { record, count in
            (0..<count).map { (Int32(truncatingIfNeeded: record), Int32(truncatingIfNeeded: $0)) }
        }
    }
}
