import Foundation
import Models

/// A table of records: `metadata.jsonl`, `metadata.csv` whose first record names the columns, or Parquet.
struct RecordTable: Sendable {
    private enum Source: Sendable {
        case json(MappedText)
        case csv(MappedText, columns: [String])
        case parquet(ParquetShards)
    }

    private let source: Source
    /// The table's path.
    let path: String

    /// Opens a table.
    ///
    /// - Throws: `TrainingError` where the file cannot be read or holds no records.
    init(path: String) throws {
        self.path = path
        source = try ParquetShards.isOne(path) ? .parquet(ParquetShards(path: path)) : Self.text(path)
        guard count > 0 else {
            throw TrainingError(
                .invalidDataset, "\(path): holds no rows: expected at least one beneath the column names")
        }
    }

    private static func text(_ path: String) throws -> Source {
        guard try !isJSON(MappedText.map(path)) else {
            return .json(try MappedText(path: path) { try RowIndex($0, name: $1).entries })
        }
        let text = try MappedText(path: path) { try CSVScanner.records($0, name: $1) }
        return .csv(text, columns: try columns(text))
    }

    /// Whether a field may hold a list.
    var mayHoldLists: Bool {
        if case .csv = source { false } else { true }
    }

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

    /// A record as a JSON object.
    ///
    /// - Throws: `RowProblem.Reason`, `ParquetError`, or `ModelError` for what is not JSON.
    func record(at record: Int) throws -> JSONValue {
        switch source {
        case .json(let text):
            return try JSONValue(parsing: text.checkedBytes(ofRow: record), file: "its JSON", takesNonNumbers: true)
        case .parquet(let shards): return try shards.record(at: record)
        case .csv(let text, let columns):
            let fields = try CSVScanner.fields(text.checkedBytes(ofRow: record + 1))
            guard fields.count == columns.count else {
                throw RowProblem.Reason("has \(fields.count) fields, expected \(columns.count) as the first line has")
            }
            return .object(zip(columns, fields).map { .init($0, .string($1)) })
        }
    }

    /// The picture that a record means by a reference; nil where the reference holds it and the table is CSV.
    ///
    /// - Parameter folder: what paths are relative to.
    /// - Throws: `RowProblem.Reason`, `ParquetError`.
    func picture(_ reference: String, of record: Int, folder: String) throws -> Picture? {
        if case .parquet(let shards) = source {
            return try shards.picture(reference, number: 0, row: record, folder: folder)
        }
        if let path = try PictureReference(text: reference).path(in: folder) { return Picture(file: path) }
        guard case .json(let text) = source else { return nil }
        return Picture(
            .row(path: path, bytes: text.range(ofRow: record), number: 0), name: "\(path): picture 0 of row \(record)")
    }

    /// Whether a file begins as JSON does.
    static func isJSON(_ data: Data) -> Bool {
        let start = data.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let first = data.dropFirst(start).prefix(4_096).first { $0 != 0x20 && !(0x09...0x0D).contains($0) }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

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
