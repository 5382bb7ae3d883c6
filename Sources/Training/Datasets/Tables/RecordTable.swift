import Foundation
import Models

/// A table of records: `metadata.jsonl`, or `metadata.csv` whose first record names the columns.
struct RecordTable: Sendable {
    private let text: MappedText
    /// The columns of CSV; nil for JSON.
    private let columns: [String]?

    /// Opens a table.
    ///
    /// - Throws: `TrainingError` where the file cannot be read or holds no records.
    init(path: String) throws {
        let isJSON = try Self.isJSON(MappedText.map(path))
        text = try MappedText(path: path) {
            try isJSON ? RowIndex($0, name: $1).entries : CSVScanner.records($0, name: $1)
        }
        columns = try isJSON ? nil : Self.columns(text)
        guard count > 0 else {
            throw TrainingError(
                .invalidDataset, "\(path): holds no rows: expected at least one beneath the column names")
        }
    }

    /// The table's path.
    var path: String { text.path }

    /// How many records there are.
    var count: Int { text.count - (columns == nil ? 0 : 1) }

    /// The line that a record begins on, from 1.
    func line(of record: Int) -> Int { text.line(ofRow: position(record)) }

    /// A record as a JSON object.
    ///
    /// - Throws: `RowProblem.Reason`, or `ModelError` for what is not JSON.
    func record(at record: Int) throws -> JSONValue {
        let bytes = try text.checkedBytes(ofRow: position(record))
        guard let columns else { return try JSONValue(parsing: bytes, file: "its JSON") }
        let fields = try CSVScanner.fields(bytes)
        guard fields.count == columns.count else {
            throw RowProblem.Reason("has \(fields.count) fields, expected \(columns.count) as the first line has")
        }
        return .object(zip(columns, fields).map { .init($0, .string($1)) })
    }

    /// Whether a file begins as JSON does.
    static func isJSON(_ data: Data) -> Bool {
        let start = data.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let first = data.dropFirst(start).prefix(4_096).first { $0 != 0x20 && !(0x09...0x0D).contains($0) }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    private func position(_ record: Int) -> Int { columns == nil ? record : record + 1 }

    private static func columns(_ text: MappedText) throws -> [String] {
        guard text.count > 0 else { return [] }
        do {
            return try CSVScanner.fields(text.checkedBytes(ofRow: 0))
        } catch {
            throw TrainingError(
                .invalidDataset, "\(text.path):1: the column names: \(RowProblem.reason(for: error))")
        }
    }
}
