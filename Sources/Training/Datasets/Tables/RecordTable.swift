import Foundation
import Models

/// A table of records: JSON, CSV with any separator whose first record names the columns, or Parquet.
struct RecordTable: Sendable {
    private enum Source: Sendable {
        case json(MappedText)
        case csv(MappedText, columns: [String])
        case parquet(ParquetShards)
    }

    private let source: Source
    /// The table's path.
    let path: String
    /// What separates the fields of CSV.
    let separator: TableSeparator

    /// Opens a table.
    ///
    /// - Parameters:
    ///   - separator: What separates the fields of CSV; nil lets the first line decide.
    ///   - mapping: Which column holds what: its names help to recognise the separator.
    /// - Throws: `TrainingError` if the file cannot be read or holds no records.
    init(path: String, separator: TableSeparator? = nil, mapping: ColumnMapping = ColumnMapping()) throws {
        self.path = path
        if ParquetShards.isOne(path) {
            (source, self.separator) = (.parquet(try ParquetShards(path: path)), .comma)
        } else {
            let data = try MappedText.map(path)
            let separator = separator ?? Self.recognised(data, mapping)?.separator ?? .comma
            (source, self.separator) = (try Self.text(path, isJSON: Self.isJSON(data), separator), separator)
        }
        guard count > 0 else {
            throw TrainingError(
                .invalidDataset, "\(path): contains no examples: expected at least one row below the column names")
        }
    }

    private static func text(_ path: String, isJSON: Bool, _ separator: TableSeparator) throws -> Source {
        guard !isJSON else { return .json(try MappedText(path: path) { try RowIndex($0, name: $1).entries }) }
        let text = try MappedText(path: path) { try CSVScanner.records($0, name: $1, separator) }
        return .csv(text, columns: try columns(text, separator))
    }

    /// The columns of CSV; `nil` for JSON and Parquet.
    var columns: [String]? {
        if case .csv(_, let columns) = source { columns } else { nil }
    }

    /// Whether a field may hold a list.
    var mayHoldLists: Bool { columns == nil }

    /// How many records there are.
    var count: Int {
        switch source {
        case .json(let text): text.count
        case .csv(let text, _): text.count - 1
        case .parquet(let shards): shards.count
        }
    }

    /// Where a record is.
    func place(of record: Int) -> RowPlace {
        switch source {
        case .json(let text): RowPlace(line: text.line(ofRow: record))
        case .csv(let text, _): RowPlace(line: text.line(ofRow: record + 1))
        case .parquet(let shards): shards.place(ofRow: record)
        }
    }

    /// Checks that each mapped column is there.
    ///
    /// - Throws: `TrainingError` that names the columns there are.
    func check(_ mapping: ColumnMapping) throws {
        if case .parquet(let shards) = source { return try shards.check(mapping) }
        try ColumnCheck.check(mapping, path: path, count: count) { try record(at: $0) }
    }

    /// A record as a JSON object.
    ///
    /// - Throws: `RowProblem.Reason`, `ParquetError`, or `ModelError` for what is not JSON.
    func record(at record: Int) throws -> JSONValue {
        switch source {
        case .json(let text):
            return try JSONValue(parsing: text.checkedBytes(ofRow: record), file: "its JSON", takesNonNumbers: true)
        case .parquet(let shards): return try shards.record(at: record)
        case .csv(let text, let columns):
            let fields = try CSVScanner.fields(text.checkedBytes(ofRow: record + 1), separator)
            guard fields.count == columns.count else {
                throw RowProblem.Reason("has \(fields.count) fields, expected \(columns.count) as in the first line")
            }
            return .object(zip(columns, fields).map { .init($0, .string($1)) })
        }
    }

    /// The image that a record means by a reference; `nil` if the reference holds it and the table is CSV.
    ///
    /// - Parameter folder: What paths are relative to.
    /// - Throws: `RowProblem.Reason`, `ParquetError`, or `ModelError` for what is not JSON.
    func picture(_ reference: String, of record: Int, folder: String) throws -> Picture? {
        if case .parquet(let shards) = source {
            return try shards.picture(reference, number: 0, row: record, folder: folder)
        }
        if let path = try PictureReference(text: reference).path(in: folder) { return Picture(file: path) }
        guard case .json(let text) = source else { return nil }
        let number = DataURL.position(of: reference, in: try self.record(at: record))
        return Picture(
            .row(path: path, bytes: text.range(ofRow: record), number: number),
            name: "\(path): image 0 of row \(record)")
    }

    /// Whether a file begins as JSON does.
    static func isJSON(_ data: Data) -> Bool {
        let start = data.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let first = data.dropFirst(start).prefix(4_096).first { $0 != 0x20 && !(0x09...0x0D).contains($0) }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    /// The separator and the columns of a file's first line; `nil` if none of the columns is one that rows may have.
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
