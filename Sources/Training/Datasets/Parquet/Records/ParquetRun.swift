import Foundation
import Models

/// The entries of one row in one column, gone through from the first to the last.
struct ParquetRun {
    /// Entries of a page.
    struct Span {
        let page: ParquetPage
        let entries: Range<Int>
    }

    private let chunk: ParquetChunk
    private let spans: [Span]
    private var span = 0
    private var entry: Int
    /// How many entries have been passed.
    private(set) var index = 0

    init(_ chunk: ParquetChunk, spans: [Span]) {
        (self.chunk, self.spans) = (chunk, spans)
        entry = spans.first?.entries.lowerBound ?? 0
        settle()
    }

    /// Whether all entries have been passed.
    var isAtEnd: Bool { span >= spans.count }

    /// The levels of the current entry; nil at the end.
    var levels: (repetition: Int, definition: Int)? { isAtEnd ? nil : spans[span].page.levels(at: entry) }

    /// Goes to the next entry.
    mutating func advance() {
        entry += 1
        index += 1
        settle()
    }

    /// Leaves pages whose entries have been passed.
    private mutating func settle() {
        while !isAtEnd, entry >= spans[span].entries.upperBound {
            span += 1
            if !isAtEnd { entry = spans[span].entries.lowerBound }
        }
    }

    /// The bytes of the current entry; nil at the end, and where it has none.
    func bytes() throws -> Data? {
        guard let levels, levels.definition == chunk.description.maxDefinition else { return nil }
        return try locating {
            let (values, index) = try spans[span].page.value(at: entry, dictionary: chunk.dictionary)
            return try values.data(at: index)
        }
    }

    /// The current entry, which must have a value, as JSON.
    func json() throws -> JSONValue {
        try locating {
            let (values, index) = try spans[span].page.value(at: entry, dictionary: chunk.dictionary)
            let scalar = ParquetScalar(column: chunk.description)
            return try scalar.json(values, index) ?? BinaryCell(column: chunk.column, index: self.index).json
        }
    }

    /// An error in this column.
    func damaged(_ reason: String) -> ParquetError {
        .damaged("row group \(chunk.group), column `\(chunk.description.path)`: \(reason)")
    }

    private func locating<Result>(_ body: () throws -> Result) throws -> Result {
        try chunk.file.locating(chunk.group, chunk.column, body)
    }
}
