import Foundation
import Models
import Synchronization

/// A Parquet file, memory-mapped: rows are known by position, and pages are unpacked when a row needs them.
final class ParquetFile: Sendable {
    /// The file's path.
    let path: String
    /// How many rows it has.
    let rowCount: Int
    /// The columns.
    let schema: ParquetSchema
    private let data: Data
    private let number: Int
    private let groups: [ParquetGroup]
    /// For each row group the number of rows up to its last.
    private let ends: [Int]
    private let cache: ParquetPageCache
    private let indices = Mutex<[Int: ParquetChunkIndex]>([:])

    /// Opens a file and reads its footer.
    ///
    /// - Parameters:
    ///   - number: the file's own among those that share a cache.
    ///   - cache: what keeps unpacked pages.
    /// - Throws: `TrainingError` if it cannot be read, is damaged, or is written in a way that is not read.
    init(path: String, number: Int = 0, cache: ParquetPageCache = ParquetPageCache()) throws {
        (self.path, self.number, self.cache) = (path, number, cache)
        data = try MappedText.map(path)
        do {
            let metadata = try ParquetMetadata(data)
            schema = try ParquetSchema(metadata.elements)
            groups = metadata.groups
            ends = groups.reduce(into: []) { $0.append(($0.last ?? 0) + $1.rowCount) }
            rowCount = ends.last ?? 0
            try Self.check(groups, schema, data)
        } catch let error as ParquetError {
            throw error.error(in: path)
        }
    }

    /// Whether data begins as a Parquet file does.
    static func isOne(_ data: Data) -> Bool { ParquetMetadata.isMark(data) }

    private static func check(_ groups: [ParquetGroup], _ schema: ParquetSchema, _ data: Data) throws {
        // Rows of nulls take no bytes: a few of them could speak of more rows than anyone can go through.
        let rowCount = groups.reduce(0) { $0 + $1.rowCount }
        guard rowCount <= data.count else {
            throw ParquetError.damaged("its footer claims \(rowCount) rows in \(data.count) bytes")
        }
        // Writers leave groups without rows, whose columns have no pages: no row leads to one of them.
        for (number, group) in groups.enumerated() where group.rowCount > 0 {
            guard group.columns.count == schema.columns.count else {
                throw ParquetError.damaged(
                    "row group \(number) has \(group.columns.count) columns, but the schema has \(schema.columns.count)"
                )
            }
            for (info, column) in zip(group.columns, schema.columns) {
                try ParquetError.locating("row group \(number), column `\(column.path)`") {
                    _ = try info.range(in: data)
                    _ = try ParquetCodec(number: info.codec)
                    guard info.type == column.type.rawValue else {
                        throw ParquetError.damaged("has another type than in the schema")
                    }
                    guard column.maxRepetition > 0 || info.valueCount == group.rowCount else {
                        throw ParquetError.damaged("has \(info.valueCount) values for \(group.rowCount) rows")
                    }
                }
            }
        }
    }

    /// The row group that a row is in, and its position there.
    private func place(ofRow row: Int) -> (group: Int, row: Int) {
        var (low, high) = (0, ends.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] > row { high = middle } else { low = middle + 1 }
        }
        return (low, row - (low == 0 ? 0 : ends[low - 1]))
    }

    /// A row as a JSON object; of bytes it holds where they are.
    ///
    /// - Throws: `ParquetError`.
    func record(at row: Int) throws -> JSONValue {
        var record = ParquetRecord(runs: try schema.columns.indices.map { try run(ofRow: row, $0) })
        return try record.read(schema.fields)
    }

    /// The bytes of one value of a row.
    ///
    /// - Parameter cell: the value's position among those of the row in its column.
    /// - Throws: `ParquetError` if there are none.
    func bytes(of cell: BinaryCell, row: Int) throws -> Data {
        guard schema.columns.indices.contains(cell.column) else { throw ParquetError.damaged("no such column") }
        var run = try run(ofRow: row, cell.column)
        while run.index < cell.index, !run.isAtEnd { run.advance() }
        guard let bytes = try run.bytes() else { throw ParquetError.damaged("the row has no such value") }
        return bytes
    }

    /// The entries of a row in a column.
    private func run(ofRow row: Int, _ column: Int) throws -> ParquetRun {
        let (group, local) = place(ofRow: row)
        let chunk = ParquetChunk(file: self, group: group, column: column)
        return ParquetRun(chunk, spans: try locating(group, column) { try chunk.spans(ofRow: local) })
    }

    /// The body's result; an error tells the row group and the column.
    func locating<Result>(_ group: Int, _ column: Int, _ body: () throws -> Result) throws -> Result {
        try ParquetError.locating("row group \(group), column `\(schema.columns[column].path)`", body)
    }
}

/// What a column chunk asks of its file.
extension ParquetFile {
    /// The chunk's pages; they are looked for once.
    func index(_ group: Int, _ column: Int) throws -> ParquetChunkIndex {
        let key = group * schema.columns.count + column
        if let known = indices.withLock({ $0[key] }) { return known }
        let info = groups[group].columns[column]
        let index = try ParquetChunkIndex(data, info.range(in: data), info, rowCount: groups[group].rowCount) {
            guard schema.columns[column].maxRepetition > 0 else { return ($1.header.valueCount, false) }
            let page = try page(number: $0, $1, group, column)
            return (page.rowCount, !page.lead.isEmpty)
        }
        indices.withLock { $0[key] = index }
        return index
    }

    /// A data page.
    func page(number: Int, _ place: ParquetChunkIndex.Place, _ group: Int, _ column: Int) throws -> ParquetPage {
        let key = ParquetPageCache.Key(file: self.number, group: group, column: column, page: number)
        let entry = try cache.entry(key) {
            .page(try decoder(group, column).page(place.header, contents(place)))
        }
        guard case .page(let page) = entry else { throw ParquetError.damaged("an entry is not a page") }
        return page
    }

    /// The dictionary of a chunk.
    func dictionary(_ group: Int, _ column: Int) throws -> ParquetValues {
        guard let place = try index(group, column).dictionary else {
            throw ParquetError.damaged("its pages refer to a missing dictionary")
        }
        let key = ParquetPageCache.Key(file: number, group: group, column: column, page: -1)
        let entry = try cache.entry(key) {
            let values = try decoder(group, column).dictionary(place.header, contents(place))
            let isMapped = groups[group].columns[column].codec == ParquetCodec.uncompressed.rawValue
            return .dictionary(values, cost: values.cost(isMapped: isMapped))
        }
        guard case .dictionary(let values, _) = entry else { throw ParquetError.damaged("a dictionary is a page") }
        return values
    }

    private func contents(_ place: ParquetChunkIndex.Place) -> Data {
        data[data.startIndex + place.contents.lowerBound..<data.startIndex + place.contents.upperBound]
    }

    private func decoder(_ group: Int, _ column: Int) throws -> ParquetPageDecoder {
        let codec = try ParquetCodec(number: groups[group].columns[column].codec)
        return ParquetPageDecoder(column: schema.columns[column], codec: codec)
    }
}

/// Images in texts.
extension ParquetFile {
    /// The value of a row whose text is a `data:` URL, or that follows its mark in base64; `nil` if absent.
    ///
    /// - Throws: `ParquetError`.
    func cell(ofText url: String, row: Int) throws -> BinaryCell? {
        let body = url.hasPrefix(DataURL.bytesPrefix) ? Data(url.utf8.dropFirst(DataURL.bytesPrefix.utf8.count)) : nil
        let whole = Data(url.utf8)
        for (number, column) in schema.columns.enumerated() where column.meaning == .text {
            var run = try run(ofRow: row, number)
            while !run.isAtEnd {
                if let bytes = try run.bytes(), bytes == whole || bytes == body {
                    return BinaryCell(column: number, index: run.index)
                }
                run.advance()
            }
        }
        return nil
    }
}
