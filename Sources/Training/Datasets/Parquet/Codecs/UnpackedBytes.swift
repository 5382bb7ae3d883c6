import Foundation

/// Memory that a codec fills.
enum UnpackedBytes {
    /// Bytes that the body writes; nothing is read of memory that it has not written.
    ///
    /// - Parameter body: returns how many bytes it wrote, which must be all.
    /// - Throws: `ParquetError`.
    static func make(size: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> Data {
        guard size > 0 else {
            guard try body(UnsafeMutableRawBufferPointer(start: nil, count: 0)) == 0 else { throw wrong(0, size) }
            return Data()
        }
        guard let memory = malloc(size) else { throw ParquetError.unsupported("no memory for \(size) bytes") }
        do {
            let written = try body(UnsafeMutableRawBufferPointer(start: memory, count: size))
            guard written == size else { throw wrong(written, size) }
            return Data(bytesNoCopy: memory, count: size, deallocator: .free)
        } catch {
            free(memory)
            throw error
        }
    }

    private static func wrong(_ written: Int, _ size: Int) -> ParquetError {
        .damaged("the data unpacks to \(written) bytes, expected \(size)")
    }
}
