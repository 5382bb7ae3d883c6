import Foundation

extension Data {
    /// The bytes behind the mark that some editors put before UTF-8 text.
    var withoutByteOrderMark: Data { starts(with: [0xEF, 0xBB, 0xBF]) ? dropFirst(3) : self }
}

/// A text file that is mapped, not read, and where its examples are.
struct MappedText: Sendable {
    let path: String
    private let data: Data
    private let entries: [RowIndex.Entry]

    /// Opens a file and finds its examples.
    ///
    /// - Parameter index: Finds the examples of the data; it is given the path for messages.
    /// - Throws: `TrainingError` if the file cannot be read, and what `index` throws.
    init(path: String, index: (Data, String) throws -> [RowIndex.Entry]) throws {
        data = try Self.map(path)
        self.path = path
        entries = try index(data, path)
    }

    /// How many examples there are.
    var count: Int { entries.count }

    /// The line that an example begins on, from 1.
    func line(ofRow row: Int) -> Int { entries[row].line }

    /// Where an example is in the file.
    func range(ofRow row: Int) -> Range<Int> { entries[row].bytes }

    /// An example's bytes in the file.
    func bytes(ofRow row: Int) -> Data { data[entries[row].bytes] }

    /// An example's bytes, unless they are more than an example may have or no text.
    ///
    /// - Throws: `RowProblem.Reason`.
    func checkedBytes(ofRow row: Int) throws -> Data {
        let bytes = bytes(ofRow: row)
        try Self.check(bytes)
        return bytes
    }

    static func check(_ bytes: Data) throws {
        guard bytes.count <= RowIndex.maxRowBytes else {
            throw RowProblem.Reason("has \(bytes.count) bytes, more than the limit of \(RowIndex.maxRowBytes)")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw RowProblem.Reason("is not UTF-8: save the file with that encoding")
        }
    }

    /// Maps a file.
    ///
    /// - Throws: `TrainingError` if it cannot be read.
    static func map(_ path: String) throws -> Data {
        guard FileManager.default.isReadableFile(atPath: path) else {
            let link = FolderEntries.danglingTarget(of: path).map { "is a link to \($0), which does not exist" }
            throw TrainingError(.fileNotFound, "\(path): \(link ?? "no such file, or it cannot be read")")
        }
        guard !FolderEntries.isFolder(path) else {
            throw TrainingError(.invalidDataset, "\(path): is a folder: expected a file")
        }
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        } catch {
            throw TrainingError(.fileNotFound, "\(path): cannot be read", cause: error)
        }
        if let reason = PackedFile.reason(against: data) { throw TrainingError(.unsupported, "\(path): \(reason)") }
        return data
    }
}
