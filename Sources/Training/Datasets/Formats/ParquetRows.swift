import Foundation
import Models

/// Rows of Parquet files: their columns are what the members of a JSON row are, and `bytes` of pictures stay in the file.
struct ParquetRows: DatasetRows {
    private let shards: ParquetShards
    private let format: DataFormat?
    private let imageFolder: String

    /// Opens the files.
    ///
    /// - Parameters:
    ///   - format: `llava`, `messages` or `sharegpt`, to which every row is held; nil takes each row as it is.
    ///   - imageFolder: the folder that picture paths are relative to.
    /// - Throws: `TrainingError` where a file cannot be read or is damaged, or there are no rows.
    init(path: String, format: DataFormat?, imageFolder: String) throws {
        shards = try ParquetShards(path: path)
        self.format = format
        self.imageFolder = imageFolder
    }

    var path: String { shards.path }

    var count: Int { shards.count }

    var remark: String? { shards.files.count == 1 ? "Parquet" : "\(shards.files.count) Parquet files" }

    func place(ofRow row: Int) -> RowPlace { shards.place(ofRow: row) }

    func fields(ofRow row: Int) throws -> JSONValue { try reading(row) { try shards.record(at: row) } }

    func conversation(at row: Int) throws -> Conversation {
        let record = RowValue(value: try fields(ofRow: row), path: "")
        return try reading(row, id: record.member("id").flatMap { try? $0.identifier() }) {
            let decoded = try ConversationRow(record, as: format)
            return Conversation(
                row: row, id: decoded.id, person: decoded.person,
                images: try decoded.images.enumerated().map {
                    try shards.picture($1, number: $0, row: row, folder: imageFolder)
                },
                turns: decoded.turns, naming: decoded.naming)
        }
    }
}
