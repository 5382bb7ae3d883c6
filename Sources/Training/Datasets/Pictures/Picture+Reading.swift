public import Foundation
public import Models

extension Picture {
    /// The image, decoded.
    ///
    /// - Throws: `ModelError` if it is missing, damaged or too large; `TrainingError` if its example does not contain
    ///   it.
    public func decoded() throws -> RGBImage {
        switch place {
        case .file(let path): try RGBImage(file: URL(filePath: path))
        case .part(let path, let bytes): try RGBImage(file: URL(filePath: path), part: bytes, name: description)
        case .row, .cell: try RGBImage(data: contents(), name: description)
        }
    }

    /// Width and height in pixels, from its header.
    ///
    /// - Throws: As `decoded()`, for problems that the header shows.
    public func size() throws -> (width: Int, height: Int) {
        switch place {
        case .file(let path): try RGBImage.size(of: URL(filePath: path))
        case .part(let path, let bytes): try RGBImage.size(of: URL(filePath: path), part: bytes, name: description)
        case .row, .cell: try RGBImage.size(of: contents(), name: description)
        }
    }

    /// The encoded bytes of the image, as in a file.
    ///
    /// - Throws: `TrainingError` if they cannot be read.
    public func contents() throws -> Data {
        switch place {
        case .file(let path): try FileBytes.all(of: path)
        case .part(let path, let bytes): try FileBytes.read(bytes, of: path)
        case .row(let path, let bytes, let number): try embedded(FileBytes.read(bytes, of: path), number)
        case .cell(let cell): try stored(cell)
        }
    }

    private func stored(_ cell: ParquetCell) throws -> Data {
        do {
            return try cell.contents()
        } catch {
            let reason = RowProblem.reason(for: error)
            throw TrainingError((error as? ParquetError)?.code ?? .invalidDataset, "\(self): \(reason)")
        }
    }

    private func embedded(_ row: Data, _ number: Int) throws -> Data {
        do {
            let urls = DataURL.all(in: try RowValue.row(row.withoutByteOrderMark).value)
            guard urls.indices.contains(number) else { throw RowProblem.Reason("the example has no such image") }
            return try DataURL.contents(urls[number])
        } catch {
            throw TrainingError(.invalidDataset, "\(self): \(RowProblem.reason(for: error))")
        }
    }
}

/// Bytes of files that are open only while they are read.
enum FileBytes {
    /// The most bytes that are taken from a file at once.
    static let limit = ImageLimits().fileBytes

    /// A whole file.
    ///
    /// - Throws: `TrainingError` if it cannot be read or is larger than `limit`.
    static func all(of path: String) throws -> Data {
        try open(path) { try read(0..<Int($0.seekToEnd()), of: $0, path) }
    }

    /// Some bytes of a file.
    ///
    /// - Throws: `TrainingError` if they cannot be read, are not there, or are more than `limit`.
    static func read(_ range: Range<Int>, of path: String) throws -> Data {
        try open(path) { try read(range, of: $0, path) }
    }

    private static func open<Result>(_ path: String, _ body: (FileHandle) throws -> Result) throws -> Result {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw TrainingError(.fileNotFound, "\(path): no such file, or it cannot be read")
        }
        defer { try? file.close() }
        do {
            return try body(file)
        } catch let error as CocoaError {
            throw TrainingError(.fileNotFound, "\(path): cannot be read", cause: error)
        }
    }

    private static func read(_ range: Range<Int>, of file: FileHandle, _ path: String) throws -> Data {
        guard range.count <= limit else {
            throw TrainingError(.invalidDataset, "\(path): \(range.count) bytes are more than the limit of \(limit)")
        }
        try file.seek(toOffset: UInt64(range.lowerBound))
        let data = try file.read(upToCount: range.count) ?? Data()
        guard data.count == range.count else {
            throw TrainingError(
                .corruptFile, "\(path): ends before byte \(range.upperBound): it has changed or is truncated")
        }
        return data
    }
}
