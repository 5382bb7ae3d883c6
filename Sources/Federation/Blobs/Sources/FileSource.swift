public import Foundation

/// Bytes of a file, which stays open: it may be renamed or deleted meanwhile, but must not be rewritten.
public struct FileSource: BlobSource {
    /// Bytes that are read at once while visiting, small enough for a core's cache.
    private static let pieceSize = 256 << 10

    private let file: OpenFile
    /// Number of bytes when the file was opened.
    public let size: Int

    /// Opens a file.
    ///
    /// - Throws: `FederationError.notFound` where it does not exist or cannot be read.
    public init(path: String) throws { try self.init(OpenFile.reading(path)) }

    init(_ file: OpenFile) throws {
        self.file = file
        size = try file.status().size
    }

    /// The path that was opened.
    public var path: String { file.path }

    /// Reads the range piece by piece.
    public func visit(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(Self.pieceSize, range.count), alignment: 64)
        defer { buffer.deallocate() }
        var position = range.lowerBound
        while position < range.upperBound {
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: buffer[..<min(buffer.count, range.upperBound - position)])
            try file.read(into: piece, at: position)
            try body(UnsafeRawBufferPointer(piece))
            position += piece.count
        }
    }

    /// Reads the range into fresh memory.
    public func bytes(in range: Range<Int>) throws -> Data {
        var data = Data(count: range.count)
        try data.withUnsafeMutableBytes { try file.read(into: $0, at: range.lowerBound) }
        return data
    }
}
