import Foundation

/// Where the examples of a dataset file lie, so that each is read when it is needed and none is kept.
///
/// Examples are the elements of a JSON array, or the lines of a JSON Lines file; the first character tells which.
struct RowIndex: Sendable {
    /// An example's bytes in the file and the line that it begins on, from 1.
    struct Entry: Sendable {
        let bytes: Range<Int>
        let line: Int
    }

    private(set) var entries: [Entry] = []

    /// The most bytes of an example: more would not be decoded in reasonable memory.
    static let maxRowBytes = 1 << 28

    /// The bytes of the first example, or `nil` if absent: enough to tell what kind of examples a file holds.
    static func firstRow(of data: Data, name: String) -> Range<Int>? {
        data.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes, name: name)
            return scanner.firstRow()
        }
    }

    /// Finds the examples of a file.
    ///
    /// - Parameter name: The file's name, for messages.
    /// - Throws: `TrainingError` if the outer structure is not an array or a list of lines.
    init(_ data: Data, name: String) throws {
        try data.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes, name: name)
            scanner.skipByteOrderMark()
            scanner.skipSpace()
            switch scanner.current {
            case UInt8(ascii: "["): entries = try scanner.arrayElements()
            case UInt8(ascii: "{"): entries = scanner.lines()
            case nil: throw TrainingError(.invalidDataset, "\(name): the file is empty: expected examples")
            default:
                throw scanner.error(
                    "expected `[` (a JSON array of examples) or `{` (JSON Lines), found \(scanner.found)")
            }
        }
        guard !entries.isEmpty else {
            throw TrainingError(.invalidDataset, "\(name): contains no examples: expected at least one")
        }
    }
}
