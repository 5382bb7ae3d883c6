import Foundation
import Models

/// A table of comma- or tab-separated values whose columns make a row of one of the forms: `filepath` and `title`, or `image`,
/// `question` and `answer`.
struct ConversationTable: DatasetRows {
    private let table: RecordTable
    private let rowReading: RowReading
    let imageFolder: String

    /// Opens a table.
    ///
    /// - Parameters:
    ///   - separator: What separates fields; nil lets the first line decide.
    ///   - imageFolder: The folder that image paths are relative to.
    /// - Throws: `TrainingError` if it cannot be read, holds no rows, or its columns make no row.
    init(path: String, _ reading: RowReading, separator: TableSeparator?, imageFolder: String) throws {
        table = try RecordTable(path: path, separator: separator, mapping: reading.columns)
        rowReading = reading
        self.imageFolder = imageFolder
        let table = table
        let columns = table.columns ?? []
        let named = JSONValue.object(columns.map { .init($0, .string("")) })
        try ColumnCheck.check(reading.columns, path: path, count: 1) { _ in named }
        try Self.check(columns, reading.columns.applied(to: named), path: path)
    }

    /// Refuses a table of which no column says anything; labels alone are enough for zero-shot classification.
    private static func check(_ columns: [String], _ row: JSONValue, path: String) throws {
        let hasPicture = ["image", "images", "filepath"].contains { row[$0] != nil }
        let saysSomething = ["caption", "text", "label"].contains { row[$0] != nil }
        guard hasPicture && saysSomething || RowForms.all.contains(where: { $0.recognises(row) }) else {
            throw TrainingError(
                .invalidDataset,
                "\(path): no example can be made from the columns \(columns.joined(separator: ", ")): map them with "
                    + "data.columns, such as {image: \(columns.first ?? "x")}"
            )
        }
    }

    var path: String { table.path }

    var count: Int { table.count }

    var remark: String? {
        "columns \((table.columns ?? []).joined(separator: ", ")), separated by \(table.separator.name)"
    }

    func place(ofRow row: Int) -> RowPlace { table.place(of: row) }

    func fields(ofRow row: Int) throws -> JSONValue { try reading(row) { try columns(ofRow: row) } }

    func conversation(at row: Int) throws -> Conversation {
        let fields = try fields(ofRow: row)
        let id = try? RowValue(value: fields, path: "").member("id")?.identifier()
        return try reading(row, id: id) {
            let decoded = try ConversationRow(RowValue(value: table.record(at: row), path: ""), rowReading)
            return Conversation(row: row, id: decoded.id, images: try decoded.images.map(picture), decoded)
        }
    }

    /// The record with its own names and absolute paths.
    func part(ofRow row: Int) throws -> Data {
        let record = try reading(row) { try table.record(at: row) }
        let names = ["image", "images", "filepath"].map(rowReading.columns.column)
        let members = try (record.objectValue ?? []).map { member -> JSONValue.Member in
            guard names.contains(member.key), let text = member.value.stringValue, !text.isEmpty else { return member }
            return .init(member.key, .string(try reading(row) { try LlavaRow.reference(picture(text)) }))
        }
        return Data(JSONValue.object(members).text(isASCII: false).utf8)
    }

    private func columns(ofRow row: Int) throws -> JSONValue {
        rowReading.columns.applied(to: try table.record(at: row))
    }

    /// The image that an example means by a reference.
    func picture(_ reference: String) throws -> Picture {
        guard let path = try PictureReference(text: reference).path(in: imageFolder) else {
            throw RowProblem.Reason("contains an image as a data: URL: give the path of a file")
        }
        return Picture(file: path)
    }
}
