public import Foundation

/// Bytes in memory.
public struct MemorySource: BlobSource {
    /// The bytes.
    public let data: Data

    /// Takes the bytes without copying them.
    public init(_ data: Data) { self.data = data }

    /// Number of bytes.
    public var size: Int { data.count }

    /// Hands over the range as one piece.
    public func visit(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try data.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// The range as a slice that shares the memory.
    public func bytes(in range: Range<Int>) throws -> Data {
        data[data.startIndex + range.lowerBound..<data.startIndex + range.upperBound]
    }
}
