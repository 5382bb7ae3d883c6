import CCompression
import Foundation

/// How pages of a column are compressed. The raw values are Parquet's.
enum ParquetCodec: Int {
    case uncompressed = 0
    case snappy = 1
    case gzip = 2
    case zstd = 6

    private static let refused = [3: "LZO", 4: "BROTLI", 5: "LZ4", 7: "LZ4_RAW"]

    /// The codec of a number.
    ///
    /// - Throws: `ParquetError` for one that is not read.
    init(number: Int) throws {
        guard let codec = Self(rawValue: number) else {
            let name = Self.refused[number] ?? "codec \(number)"
            throw ParquetError.unsupported(
                "is compressed with \(name), which lorad does not read; \(ParquetError.rewrite)")
        }
        self = codec
    }

    /// Unpacks the contents of a page.
    ///
    /// - Parameter size: how many bytes they must hold.
    /// - Throws: `ParquetError` for damaged contents.
    func unpack(_ data: Data, size: Int) throws -> Data {
        if self == .uncompressed {
            guard data.count == size else {
                throw ParquetError.damaged("a page has \(data.count) bytes, expected \(size)")
            }
            return data
        }
        if data.isEmpty, size == 0 { return data }
        return try data.withUnsafeBytes { bytes in
            switch self {
            case .uncompressed: data
            case .snappy: try SnappyBlock.unpack(bytes, size: size)
            case .zstd: try ZstdFrames.unpack(bytes, size: size)
            case .gzip: try GzipMembers.unpack(bytes, size: size)
            }
        }
    }

    /// The checksum that Parquet's pages carry.
    static func checksum(of data: Data) -> UInt32 {
        data.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return UInt32(crc32(0, nil, 0)) }
            return UInt32(crc32_z(0, start.assumingMemoryBound(to: UInt8.self), bytes.count))
        }
    }
}
