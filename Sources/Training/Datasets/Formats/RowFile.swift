import Foundation

/// A file of rows in one of the forms: JSON, JSON Lines, Parquet, or a table of comma- or tab-separated values.
enum RowFile {
    private static let endings = [".csv", ".tsv", ".psv"]

    /// Opens a file.
    ///
    /// - Throws: `TrainingError` if it cannot be read.
    static func open(_ options: DatasetOptions, as format: DataFormat) throws -> any DatasetRows {
        let reading = RowReading(
            format: format, columns: options.columns, question: options.prompt ?? CaptionRows.defaultQuestion)
        guard !ParquetShards.isOne(options.path) else {
            return try ParquetRows(path: options.path, reading, imageFolder: options.imageFolder)
        }
        let data = try MappedText.map(options.path)
        guard RecordTable.isJSON(data) || columns(of: data, options) == nil else {
            return try ConversationTable(
                path: options.path, reading, separator: options.separator, imageFolder: options.imageFolder)
        }
        return try ConversationFile(path: options.path, reading, imageFolder: options.imageFolder)
    }

    /// The columns of a table; `nil` for a file that is none: neither its name nor its first line nor the options say
    /// so.
    static func columns(of data: Data, _ options: DatasetOptions) -> [String]? {
        if let separator = options.separator {
            return RecordTable.columns(ofFirstLine: data, separator)
        }
        if let found = RecordTable.recognised(data, options.columns) { return found.columns }
        let path = options.path.lowercased()
        guard !data.isEmpty, endings.contains(where: path.hasSuffix) else { return nil }
        return RecordTable.columns(ofFirstLine: data, path.hasSuffix(".tsv") ? .tab : .comma)
    }
}
