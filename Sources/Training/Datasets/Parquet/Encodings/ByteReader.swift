/// Goes through bytes from front to back and never past their end.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// How many bytes are left.
    var rest: Int { bytes.count - position }

    /// The next byte.
    mutating func byte() throws -> UInt8 {
        guard position < bytes.count else { throw Self.cut }
        defer { position += 1 }
        return bytes[position]
    }

    /// The next bytes.
    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= rest else { throw Self.cut }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// A number of up to 64 bits, seven of them a byte, lowest first.
    mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw ParquetError.damaged("a number has more than 64 bits")
    }

    /// A count that fits an `Int`.
    mutating func count() throws -> Int {
        guard let count = Int(exactly: try varint()) else { throw ParquetError.damaged("a count is beyond 63 bits") }
        return count
    }

    /// A signed number, its sign in the lowest bit.
    mutating func zigzag() throws -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A number of 32 bits, lowest byte first.
    mutating func fixed32() throws -> Int {
        Int(UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self)))
    }

    private static var cut: ParquetError { .damaged("its bytes end too early") }
}
