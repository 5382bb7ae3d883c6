/// Numbers of a fixed width in bits, lowest bit first, as Parquet packs them.
struct BitReader {
    private let bytes: UnsafeRawBufferPointer
    private let width: Int
    private let mask: UInt64

    /// - Parameter width: 1 to 64 bits.
    init(_ bytes: UnsafeRawBufferPointer, width: Int) {
        self.bytes = bytes
        self.width = width
        mask = width == 64 ? .max : (1 << UInt64(width)) - 1
    }

    /// How many bytes some numbers take.
    static func byteCount(of count: Int, width: Int) throws -> Int {
        let (bits, overflow) = count.multipliedReportingOverflow(by: width)
        guard !overflow, bits <= .max - 7 else { throw ParquetError.damaged("a packed run is too long") }
        return (bits + 7) / 8
    }

    /// A number by its position; bits behind the end are zero.
    subscript(index: Int) -> UInt64 {
        let bit = index * width
        let start = bit >> 3
        let low = eight(from: start)
        let shift = UInt64(bit & 7)
        var value = low >> shift
        if Int(shift) + width > 64, start + 8 < bytes.count {
            value |= UInt64(bytes[start + 8]) << (64 - shift)
        }
        return value & mask
    }

    private func eight(from start: Int) -> UInt64 {
        if start <= bytes.count - 8 {
            return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        }
        return (0..<max(0, bytes.count - start)).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64($1 * 8) }
    }
}
