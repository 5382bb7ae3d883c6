import Foundation
import Models

/// The rows of one Parquet file or several, in the order of the files.
struct ParquetShards: Sendable {
    /// The dataset's path.
    let path: String
    /// The files.
    let files: [ParquetFile]
    /// For each file the number of rows up to its last.
    private let ends: [Int]

    /// Opens the files and reads their footers.
    ///
    /// - Parameter path: one file, a folder of them, a range, or a pattern.
    /// - Throws: `TrainingError` if one cannot be read, or there are no rows.
    init(path: String) throws {
        self.path = path
        let cache = ParquetPageCache()
        files = try ShardList.shards(at: path, of: .parquet).enumerated().map {
            try ParquetFile(path: $1, number: $0, cache: cache)
        }
        ends = files.reduce(into: []) { $0.append(($0.last ?? 0) + $1.rowCount) }
        guard count > 0 else {
            throw TrainingError(.invalidDataset, "\(path): contains no examples: expected at least one")
        }
    }

    /// Whether a path leads to Parquet files, by their names or by how they begin.
    static func isOne(_ path: String) -> Bool {
        if FolderEntries.isFolder(path) {
            let names = try? FolderEntries.visible(in: path)
            return names?.contains { $0.hasSuffix(ShardKind.parquet.ending) } ?? false
        }
        guard !path.hasSuffix(ShardKind.parquet.ending) else { return true }
        guard let data = try? MappedText.map(path) else { return false }
        return ParquetFile.isOne(data) || isList(data, path)
    }

    /// Whether a file is a list of paths of Parquet files; most are told by their beginning.
    static func isList(_ data: Data, _ path: String) -> Bool {
        data.prefix(1 << 12).firstRange(of: Data(ShardKind.parquet.ending.utf8)) != nil
            && (try? ShardList.lines(of: path, .parquet)) != nil
    }

    /// How many rows there are.
    var count: Int { ends.last ?? 0 }

    /// The file that a row is in, where there are several.
    func place(ofRow row: Int) -> RowPlace { RowPlace(file: files.count > 1 ? locate(row).file.path : nil) }

    /// A row as a JSON object.
    ///
    /// - Throws: `ParquetError`.
    func record(at row: Int) throws -> JSONValue {
        let (file, local) = locate(row)
        return try file.record(at: local)
    }

    /// The image that a row means by a reference.
    ///
    /// - Parameters:
    ///   - number: the image's position among those of the row, for messages.
    ///   - folder: what paths are relative to.
    /// - Throws: `RowProblem.Reason`, `ParquetError`.
    func picture(_ reference: String, number: Int, row: Int, folder: String) throws -> Picture {
        let (file, local) = locate(row)
        let name = "\(file.path): image \(number) of row \(local)"
        if let cell = BinaryCell(reference: reference) {
            return Picture(.cell(ParquetCell(file, row: local, cell)), name: name)
        }
        if let path = try PictureReference(text: reference).path(in: folder) { return Picture(file: path) }
        guard let cell = try file.cell(ofText: reference, row: local) else {
            throw RowProblem.Reason("image \(number) is a data: URL, which lorad does not read from Parquet")
        }
        return Picture(.cell(ParquetCell(file, row: local, cell)), name: name)
    }

    /// Checks that each mapped column is in one of the files.
    ///
    /// - Throws: `TrainingError` that names the columns there are.
    func check(_ mapping: ColumnMapping) throws {
        try ColumnCheck.check(mapping, path: path, count: files.count) { file in
            .object(files[file].schema.fields.map { .init($0.name, .null) })
        }
    }

    /// A value of a row with its bytes in base64, as JSON holds them: alone as a `data:` URL, which tells them from a path.
    ///
    /// - Throws: `RowProblem.Reason`, `ParquetError`.
    func written(_ value: JSONValue, row: Int) throws -> JSONValue {
        if let cell = BinaryCell(value) {
            let (file, local) = locate(row)
            let bytes = try ParquetCell(file, row: local, cell).contents()
            return .string(DataURL.bytesPrefix + bytes.base64EncodedString())
        }
        switch value {
        case .array(let elements): return .array(try elements.map { try written($0, row: row) })
        case .object(let members): return .object(try members.map { .init($0.key, try written($0.value, row: row)) })
        default: return value
        }
    }

    /// The file that a row is in, and its position there.
    private func locate(_ row: Int) -> (file: ParquetFile, row: Int) {
        var (low, high) = (0, ends.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] > row { high = middle } else { low = middle + 1 }
        }
        return (files[low], row - (low == 0 ? 0 : ends[low - 1]))
    }
}
