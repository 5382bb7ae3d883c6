extension Array where Element == UInt8 {
    /// The unsigned big-endian number of `count` bytes at `offset`, or nil beyond the end.
    func bigEndian(at offset: Int, count length: Int) -> Int? {
        guard offset >= 0, offset <= count, length <= count - offset else { return nil }
        return self[offset..<offset + length].reduce(0) { $0 << 8 | Int($1) }
    }

    /// The unsigned little-endian number of `count` bytes at `offset`, or nil beyond the end.
    func littleEndian(at offset: Int, count length: Int) -> Int? {
        guard offset >= 0, offset <= count, length <= count - offset else { return nil }
        return self[offset..<offset + length].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
