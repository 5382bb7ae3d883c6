import Foundation

/// Snappy's block format: literals, and copies of what was unpacked before.
enum SnappyBlock {
    /// Unpacks a block.
    ///
    /// - Parameter size: how many bytes it must hold.
    static func unpack(_ bytes: UnsafeRawBufferPointer, size: Int) throws -> Data {
        var reader = ByteReader(bytes)
        let written = try reader.count()
        guard written == size else { throw ParquetError.damaged("Snappy data of \(written) bytes, expected \(size)") }
        // A copy of 64 bytes takes three.
        guard size / 22 <= bytes.count else { throw ParquetError.damaged("Snappy data is too short for \(size) bytes") }
        return try UnpackedBytes.make(size: size) { output in
            var filled = 0
            while reader.rest > 0 {
                let tag = Int(try reader.byte())
                filled +=
                    tag & 3 == 0
                    ? try literal(tag, &reader, output, filled) : try copy(tag, &reader, output, filled)
            }
            return filled
        }
    }

    private static func literal(
        _ tag: Int, _ reader: inout ByteReader, _ output: UnsafeMutableRawBufferPointer, _ filled: Int
    ) throws -> Int {
        var length = tag >> 2
        if length >= 60 {
            length = try reader.take(length - 59).reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        let bytes = try reader.take(length + 1)
        guard bytes.count <= output.count - filled else { throw tooLong }
        UnsafeMutableRawBufferPointer(rebasing: output[filled...]).copyMemory(from: bytes)
        return bytes.count
    }

    private static func copy(
        _ tag: Int, _ reader: inout ByteReader, _ output: UnsafeMutableRawBufferPointer, _ filled: Int
    ) throws -> Int {
        let (length, offset): (Int, Int)
        switch tag & 3 {
        case 1: (length, offset) = (4 + (tag >> 2 & 7), (tag >> 5) << 8 | Int(try reader.byte()))
        case 2: (length, offset) = (1 + (tag >> 2), Int(try reader.byte()) | Int(try reader.byte()) << 8)
        default: (length, offset) = (1 + (tag >> 2), try reader.fixed32())
        }
        guard offset > 0, offset <= filled else {
            throw ParquetError.damaged("Snappy data copies from before its start")
        }
        guard length <= output.count - filled else { throw tooLong }
        if offset >= length {
            UnsafeMutableRawBufferPointer(rebasing: output[filled...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: output[filled - offset..<filled - offset + length]))
        } else {
            for index in filled..<filled + length { output[index] = output[index - offset] }
        }
        return length
    }

    private static var tooLong: ParquetError { .damaged("Snappy data unpacks to more bytes than it declares") }
}
