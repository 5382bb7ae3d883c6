import Foundation
import Models

/// Rows of Parquet files: their columns are what the members of a JSON row are, and `bytes` of images stay in the file.
struct ParquetRows: DatasetRows {
    private let shards: ParquetShards
    private let rowReading: RowReading
    private let imageFolder: String

    /// Opens the files.
    ///
    /// - Parameters:
    ///   - reading: How examples are read.
    ///   - imageFolder: The folder that image paths are relative to.
    /// - Throws: `TrainingError` if a file cannot be read or is damaged, there are no examples, or no file has a mapped
    ///   column.
    init(path: String, _ reading: RowReading, imageFolder: String) throws {
        shards = try ParquetShards(path: path)
        rowReading = reading
        self.imageFolder = imageFolder
        try shards.check(reading.columns)
    }

    var path: String { shards.path }

    var count: Int { shards.count }

    var remark: String? { shards.files.count == 1 ? "Parquet" : "\(shards.files.count) Parquet files" }

    func place(ofRow row: Int) -> RowPlace { shards.place(ofRow: row) }

    func fields(ofRow row: Int) throws -> JSONValue {
        try reading(row) { rowReading.columns.applied(to: try shards.record(at: row)) }
    }

    /// The example with its own names, with bytes in base64: parts are read as the whole is.
    func part(ofRow row: Int) throws -> Data {
        try reading(row) {
            Data(try shards.written(shards.record(at: row), row: row).text(isASCII: false).utf8)
        }
    }

    func conversation(at row: Int) throws -> Conversation {
        let written = RowValue(value: try reading(row) { try shards.record(at: row) }, path: "")
        let named = RowValue(value: rowReading.columns.applied(to: written.value), path: "")
        return try reading(row, id: named.member("id").flatMap { try? $0.identifier() }) {
            let decoded = try ConversationRow(written, rowReading)
            let images = try decoded.images.enumerated().map { try picture($1, number: $0, row: row) }
            return Conversation(row: row, id: decoded.id, images: images, decoded)
        }
    }

    /// The image that an example means by a reference.
    func picture(_ reference: String, number: Int, row: Int) throws -> Picture {
        try shards.picture(reference, number: number, row: row, folder: imageFolder)
    }
}
