import Foundation
import Models

/// A value of a Parquet file that contains an image. Two are equal if they are the same value of the same path.
public struct ParquetCell: Hashable, Sendable {
    /// The path of its file.
    public var path: String { file.path }

    private let file: ParquetFile
    private let row: Int
    private let cell: BinaryCell

    init(_ file: ParquetFile, row: Int, _ cell: BinaryCell) {
        (self.file, self.row, self.cell) = (file, row, cell)
    }

    /// Whether both are the same value of the same file.
    public static func == (one: ParquetCell, other: ParquetCell) -> Bool {
        (one.row, one.cell, one.file.path) == (other.row, other.cell, other.file.path)
    }

    /// Mixes in the value's place.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(row)
        hasher.combine(cell)
        hasher.combine(file.path)
    }

    /// The image's bytes: the value itself, or what its text holds in base64.
    ///
    /// - Throws: `ParquetError` or `RowProblem.Reason`.
    func contents() throws -> Data {
        let bytes = try file.bytes(of: cell, row: row)
        guard bytes.count <= FileBytes.limit else {
            throw RowProblem.Reason("\(bytes.count) bytes are more than the limit of \(FileBytes.limit)")
        }
        guard file.schema.columns[cell.column].meaning == .text else { return bytes }
        return try DataURL.contents(DataURL.url(ofBytes: String(decoding: bytes, as: UTF8.self)))
    }
}
