public import Foundation

/// Bytes that can be read at any place, by several threads at once.
public protocol BlobSource: Sendable {
    /// Number of bytes.
    var size: Int { get }

    /// Hands the bytes of a range over, in order, in one or several pieces where they lie.
    ///
    /// - Precondition: The range lies in `0..<size`.
    /// - Throws: `FederationError` where a file cannot be read any more.
    func visit(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws

    /// The bytes of a range as a value of its own.
    ///
    /// - Precondition: The range lies in `0..<size`.
    func bytes(in range: Range<Int>) throws -> Data
}

extension BlobSource {
    /// Copies the pieces of the range together.
    public func bytes(in range: Range<Int>) throws -> Data {
        var data = Data(capacity: range.count)
        try visit(range) { data.append(contentsOf: $0) }
        return data
    }
}
