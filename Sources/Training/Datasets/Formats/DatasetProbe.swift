import Foundation
import Models

/// A first look at what a path leads to.
struct DatasetProbe {
    private(set) var hasArchives = false
    private(set) var hasCaptions = false
    private(set) var hasClasses = false
    /// Whether it holds rows: JSON, Parquet, or a table.
    private(set) var hasRows = false
    /// A file of a folder that is of a kind which is not read.
    private(set) var unread: String?
    /// The forms that the first example may be of.
    private(set) var forms: [RowForm] = []
    private let options: DatasetOptions

    /// Looks at a file's beginning, or at the names in a folder.
    ///
    /// - Throws: `TrainingError` if there is nothing.
    init(_ options: DatasetOptions) throws {
        self.options = options
        let path = options.path
        if ShardList.isRange(path) {
            hasArchives = !path.hasSuffix(ShardKind.parquet.ending)
            if !hasArchives { look(inParquet: path) }
        } else if FolderEntries.isFolder(path) {
            try look(inFolder: path)
        } else {
            try look(inFile: path)
        }
    }

    private mutating func look(inFolder path: String) throws {
        let names = try FolderEntries.visible(in: path)
        hasCaptions = CaptionRows.tableNames.contains(where: names.contains)
        unread = names.first(where: PackedFile.isOne)
        hasArchives = !hasCaptions && names.contains { $0.hasSuffix(".tar") }
        if !hasCaptions, !hasArchives, names.contains(where: { $0.hasSuffix(ShardKind.parquet.ending) }) {
            return look(inParquet: path)
        }
        hasClasses = try names.contains { name in
            let folder = "\(path)/\(name)"
            return try FolderEntries.isFolder(folder)
                && FolderEntries.visible(in: folder).contains(where: PictureName.isOne)
        }
    }

    private mutating func look(inFile path: String) throws {
        let data = try MappedText.map(path)
        if ParquetFile.isOne(data) || ParquetShards.isList(data, path) {
            look(inParquet: path)
        } else if RecordTable.isJSON(data) {
            look(atRow: Self.firstRow(of: data, path: path) ?? .null)
        } else if TarArchive.isOne(data) || path.hasSuffix(".tar") || (try? ShardList.lines(of: path)) != nil {
            hasArchives = true
        } else {
            let columns = RowFile.columns(of: data, options) ?? []
            look(atRow: .object(columns.map { .init($0, .string("")) }))
        }
    }

    private mutating func look(inParquet path: String) {
        look(atRow: (try? ParquetShards(path: path).record(at: 0)) ?? .null)
    }

    /// Decides by the names of an example.
    private mutating func look(atRow written: JSONValue) {
        let row = options.columns.applied(to: written)
        forms = RowForms.recognising(row)
        let isKnown = RowForms.all.contains { $0.recognises(row) }
        let hasCaption = CaptionRows.captionNames.contains { row[$0] != nil }
        hasCaptions = row["file_name"] != nil && row["conversations"] == nil && (hasCaption || !isKnown)
        hasRows = !hasCaptions
    }

    private static func firstRow(of data: Data, path: String) -> JSONValue? {
        let row = RowIndex.firstRow(of: data, name: path).map { data[$0] }
        return row.flatMap {
            $0.count <= RowIndex.maxRowBytes
                ? try? JSONValue(parsing: $0, file: path, takesNonNumbers: true) : nil
        }
    }
}
