import Foundation
import Models

/// A first look at what a path leads to.
struct DatasetProbe {
    private(set) var hasArchives = false
    private(set) var hasCaptions = false
    private(set) var hasClasses = false
    /// Whether it holds rows with named members, in JSON or Parquet.
    private(set) var isJSON = false
    /// A file of a folder that is of a kind which is not read.
    private(set) var unread: String?
    /// The first row of JSON or Parquet; nil where it cannot be read.
    private(set) var firstRow: JSONValue?

    /// Looks at a file's beginning, or at the names in a folder.
    ///
    /// - Throws: `TrainingError` where there is nothing.
    init(path: String) throws {
        if ShardList.isRange(path) {
            hasArchives = !path.hasSuffix(ShardKind.parquet.ending)
            if !hasArchives { try look(inParquet: path) }
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
            return try look(inParquet: path)
        }
        hasClasses = try names.contains { name in
            let folder = "\(path)/\(name)"
            return try FolderEntries.isFolder(folder)
                && FolderEntries.visible(in: folder).contains(where: PictureName.isOne)
        }
    }

    private mutating func look(inFile path: String) throws {
        let data = try MappedText.map(path)
        if ParquetFile.isOne(data) { return try look(inParquet: path) }
        isJSON = RecordTable.isJSON(data)
        if isJSON {
            let row = RowIndex.firstRow(of: data, name: path).map { data[$0] }
            firstRow = row.flatMap {
                $0.count <= RowIndex.maxRowBytes
                    ? try? JSONValue(parsing: $0, file: path, takesNonNumbers: true) : nil
            }
            hasCaptions = firstRow?["file_name"] != nil && firstRow?["conversations"] == nil
        } else if TarArchive.isOne(data) || path.hasSuffix(".tar") {
            hasArchives = true
        } else {
            if ParquetShards.isList(data, path) { return try look(inParquet: path) }
            hasArchives = (try? ShardList.lines(of: path)) != nil
            hasCaptions = !hasArchives && Self.hasTable(data)
            isJSON = !hasArchives && !hasCaptions
        }
    }

    private mutating func look(inParquet path: String) throws {
        isJSON = true
        firstRow = try? ParquetShards(path: path).record(at: 0)
        hasCaptions = firstRow?["file_name"] != nil && firstRow?["conversations"] == nil
    }

    /// Whether the first line of a table names the pictures' column.
    private static func hasTable(_ data: Data) -> Bool {
        let line = Data(data.prefix(1 << 16).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
        let bytes = line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line
        return (try? CSVScanner.fields(bytes))?.contains("file_name") ?? false
    }
}
