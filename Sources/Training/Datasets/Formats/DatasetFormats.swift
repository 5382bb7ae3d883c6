import Foundation
import Models

/// The formats that there are; the first that recognises a dataset is taken for it.
enum DatasetFormats {
    /// How one format is recognised and opened.
    struct Entry: Sendable {
        let format: DataFormat
        let recognises: @Sendable (DatasetProbe) -> Bool
        let open: @Sendable (DatasetOptions) throws -> any DatasetRows
    }

    static let all: [Entry] = [
        Entry(format: .webDataset, recognises: { $0.hasArchives }) {
            try WebDatasetRows(path: $0.path, question: $0.prompt ?? CaptionRows.defaultQuestion)
        },
        Entry(format: .imageCaption, recognises: { $0.hasCaptions }) {
            try CaptionRows(path: $0.path, question: $0.prompt ?? CaptionRows.defaultQuestion)
        },
        Entry(format: .classFolders, recognises: { $0.hasClasses }) {
            try ClassFolderRows(path: $0.path, question: $0.prompt ?? ClassFolderRows.defaultQuestion)
        },
        conversations(.messages) { $0["messages"]?[0]?["role"] != nil },
        conversations(.sharegpt) { row in
            row["messages"]?[0] != nil || row["conversations"]?[0]?["role"] != nil
                || row["conversations"] != nil && row["images"] != nil
        },
        conversations(.llava) { _ in true },
    ]

    private static func conversations(
        _ format: DataFormat, _ recognises: @escaping @Sendable (JSONValue) -> Bool
    ) -> Entry {
        Entry(format: format, recognises: { $0.isJSON && recognises($0.firstRow ?? .null) }) {
            guard ParquetShards.isOne($0.path) else {
                return try ConversationFile(path: $0.path, format: format, imageFolder: $0.imageFolder)
            }
            return try ParquetRows(path: $0.path, format: format, imageFolder: $0.imageFolder)
        }
    }

    /// Opens a dataset in the format that is asked for, or that it turns out to have.
    ///
    /// - Throws: `TrainingError` where it cannot be read or is of no known format.
    static func open(_ options: DatasetOptions) throws -> (rows: any DatasetRows, format: DataFormat) {
        let probe = try options.format == .automatic ? DatasetProbe(path: options.path) : nil
        let found = all.first { entry in probe.map(entry.recognises) ?? (entry.format == options.format) }
        guard let found else {
            let unread = probe?.unread.map { "; \($0) is not read: unpack it, or write it as JSON Lines" } ?? ""
            throw TrainingError(
                .unsupported,
                "\(options.path): a dataset of a kind that is not known: expected rows of JSON or Parquet, a metadata.jsonl or"
                    + " metadata.csv with `file_name`, a folder of pictures for each class, or tar archives; set"
                    + " data.format to have it read as one of them\(unread)")
        }
        return (try found.open(options), found.format)
    }
}
