import Foundation
import Models

/// A table of records: JSON, or CSV with any separator whose first record names the columns.
struct RecordTable: Sendable {
    private let text: MappedText
    /// The columns of CSV; nil for JSON.
    let columns: [String]?
    /// What separates the fields of CSV.
    let separator: TableSeparator

    /// Opens a table.
    ///
    /// - Parameters:
    ///   - separator: What separates the fields of CSV; nil lets the first line decide.
    ///   - mapping: Which column holds what: its names help to recognise the separator.
    /// - Throws: `TrainingError` where the file cannot be read or holds no records.
    init(path: String, separator: TableSeparator? = nil, mapping: ColumnMapping = ColumnMapping()) throws {
        let data = try MappedText.map(path)
        let isJSON = Self.isJSON(data)
        let separator = separator ?? Self.recognised(data, mapping)?.separator ?? .comma
        text = try MappedText(path: path) {
            try isJSON ? RowIndex($0, name: $1).entries : CSVScanner.records($0, name: $1, separator)
        }
        self.separator = separator
        columns = try isJSON ? nil : Self.columns(text, separator)
        guard count > 0 else {
            throw TrainingError(
                .invalidDataset, "\(path): holds no rows: expected at least one beneath the column names")
        }
    }

    /// Whether a field may hold a list.
    var mayHoldLists: Bool { columns == nil }

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
        let fields = try CSVScanner.fields(bytes, separator)
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

    /// The separator and the columns of a file's first line; nil where none of the columns is one that rows may have.
    static func recognised(_ data: Data, _ mapping: ColumnMapping) -> (separator: TableSeparator, columns: [String])? {
        TableSeparator.recognised(
            in: firstLine(of: data), known: Set(ColumnMapping.names + mapping.entries.map(\.column)))
    }

    /// The names in a file's first line, as one field where quotes do not fit.
    static func columns(ofFirstLine data: Data, _ separator: TableSeparator) -> [String] {
        let line = firstLine(of: data)
        return (try? CSVScanner.fields(line, separator)) ?? [String(decoding: line, as: UTF8.self)]
    }

    private static func firstLine(of data: Data) -> Data {
        let line = Data(data.prefix(1 << 16).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
        return line.withoutByteOrderMark
    }

    private static func columns(_ text: MappedText, _ separator: TableSeparator) throws -> [String] {
        guard text.count > 0 else { return [] }
        do {
            return try CSVScanner.fields(text.checkedBytes(ofRow: 0), separator)
        } catch {
            throw TrainingError(
                .invalidDataset, "\(text.path):1: the column names: \(RowProblem.reason(for: error))")
        }
    }
}
