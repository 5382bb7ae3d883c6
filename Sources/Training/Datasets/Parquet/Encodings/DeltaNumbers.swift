/// DELTA_BINARY_PACKED: each number as what it adds to the one before, packed in blocks.
enum DeltaNumbers {
    /// Reads so many numbers and goes behind them.
    static func decode(_ reader: inout ByteReader, count: Int) throws -> [Int64] {
        let blockSize = try reader.count()
        let miniBlocks = try reader.count()
        let total = try reader.count()
        let first = try reader.zigzag()
        guard blockSize > 0, blockSize <= 1 << 20, miniBlocks > 0, blockSize % miniBlocks == 0,
            blockSize / miniBlocks % 8 == 0
        else { throw ParquetError.damaged("blocks of \(blockSize) numbers in \(miniBlocks) parts") }
        guard total == count else { throw ParquetError.damaged("\(total) numbers are written, expected \(count)") }
        guard count > 0 else { return [] }
        var numbers = [first]
        numbers.reserveCapacity(min(count, 1 << 20))
        while numbers.count < count {
            try decodeBlock(&reader, (miniBlocks, blockSize / miniBlocks), count, &numbers)
        }
        return numbers
    }

    private static func decodeBlock(
        _ reader: inout ByteReader, _ shape: (parts: Int, size: Int), _ count: Int, _ numbers: inout [Int64]
    ) throws {
        let least = try reader.zigzag()
        let widths = try reader.take(shape.parts)
        for width in widths where numbers.count < count {
            guard width <= 64 else { throw ParquetError.damaged("numbers of \(width) bits") }
            let packed = try reader.take(BitReader.byteCount(of: shape.size, width: Int(width)))
            let bits = BitReader(packed, width: max(1, Int(width)))
            for index in 0..<min(shape.size, count - numbers.count) {
                let delta = width == 0 ? 0 : Int64(bitPattern: bits[index])
                numbers.append(numbers[numbers.count - 1] &+ least &+ delta)
            }
        }
    }
}
