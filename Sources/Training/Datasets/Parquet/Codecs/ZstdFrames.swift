import CCompression
import Foundation

/// Zstandard, by libzstd.
enum ZstdFrames {
    /// Unpacks frames.
    ///
    /// - Parameter size: how many bytes they must hold.
    static func unpack(_ bytes: UnsafeRawBufferPointer, size: Int) throws -> Data {
        try UnpackedBytes.make(size: size) { output in
            let written = ZSTD_decompress(output.baseAddress, output.count, bytes.baseAddress, bytes.count)
            guard ZSTD_isError(written) == 0 else {
                throw ParquetError.damaged("zstd data: \(String(cString: ZSTD_getErrorName(written)))")
            }
            return written
        }
    }
}
