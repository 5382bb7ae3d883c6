import CCompression
import Foundation

/// GZIP, by zlib; several members may follow each other.
enum GzipMembers {
    /// Unpacks members.
    ///
    /// - Parameter size: how many bytes they must hold.
    static func unpack(_ bytes: UnsafeRawBufferPointer, size: Int) throws -> Data {
        try UnpackedBytes.make(size: size) { output in
            var stream = z_stream()
            let isReady = inflateInit2_(&stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            guard isReady == Z_OK else { throw ParquetError.unsupported("zlib cannot be initialised") }
            defer { inflateEnd(&stream) }
            guard let input = bytes.baseAddress, bytes.count <= Int32.max, output.count <= Int32.max else {
                throw ParquetError.damaged("gzip data of \(bytes.count) bytes")
            }
            // zlib reads its input only, but does not say so.
            stream.next_in = UnsafeMutablePointer(mutating: input.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(bytes.count)
            var spare: UInt8 = 0
            return try withUnsafeMutablePointer(to: &spare) { spare in
                stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? spare
                stream.avail_out = UInt32(output.count)
                return try inflateAll(&stream, into: output.count)
            }
        }
    }

    private static func inflateAll(_ stream: inout z_stream, into size: Int) throws -> Int {
        repeat {
            let status = inflate(&stream, Z_FINISH)
            guard status == Z_STREAM_END else {
                throw ParquetError.damaged("gzip data is damaged or unpacks to more than \(size) bytes")
            }
        } while stream.avail_in > 0 && inflateReset(&stream) == Z_OK
        return size - Int(stream.avail_out)
    }
}
