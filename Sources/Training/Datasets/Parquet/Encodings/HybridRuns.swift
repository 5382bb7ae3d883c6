/// Runs of equal numbers mixed with packed numbers: how Parquet writes levels, positions in dictionaries, and booleans.
enum HybridRuns {
    /// Reads so many numbers.
    ///
    /// - Parameters:
    ///   - width: bits of a number, 0 to 32.
    ///   - convert: what is kept of a number; it throws for one that cannot be.
    static func decode<Number>(
        _ bytes: UnsafeRawBufferPointer, width: Int, count: Int, _ convert: (UInt64) throws -> Number
    ) throws -> [Number] {
        guard (0...32).contains(width) else { throw ParquetError.damaged("numbers of \(width) bits in runs") }
        guard width > 0 else { return Array(repeating: try convert(0), count: count) }
        var reader = ByteReader(bytes)
        var numbers: [Number] = []
        numbers.reserveCapacity(min(count, 1 << 20))
        while numbers.count < count {
            let header = try reader.count()
            let left = count - numbers.count
            if header & 1 == 1 {
                let packed = try packed(&reader, groups: header >> 1, width: width)
                for index in 0..<min(left, packed.count) { numbers.append(try convert(packed.numbers[index])) }
            } else {
                let number = try repeated(&reader, width: width)
                numbers.append(contentsOf: repeatElement(try convert(number), count: min(left, header >> 1)))
            }
        }
        return numbers
    }

    /// Groups of eight numbers; writers may leave bytes of the last group out.
    private static func packed(
        _ reader: inout ByteReader, groups: Int, width: Int
    ) throws -> (numbers: BitReader, count: Int) {
        let size = min(try BitReader.byteCount(of: groups, width: width * 8), reader.rest)
        guard size > 0 || groups == 0 else { throw ParquetError.damaged("a packed run ends too early") }
        return (BitReader(try reader.take(size), width: width), size * 8 / width)
    }

    private static func repeated(_ reader: inout ByteReader, width: Int) throws -> UInt64 {
        let bytes = try reader.take((width + 7) / 8)
        return bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64($1.offset * 8) }
    }
}
