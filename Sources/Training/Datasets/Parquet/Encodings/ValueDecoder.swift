import Foundation

/// Reads the values of a page.
struct ValueDecoder {
    let column: ParquetColumn

    /// Reads so many values.
    ///
    /// - Parameter encoding: its number in Parquet.
    /// - Throws: `ParquetError`.
    func values(_ data: Data, encoding: Int, count: Int) throws -> ParquetValues {
        switch encoding {
        case 0: return try plain(data, count)
        case 2, 8: return .coded(try positions(data, count))
        case 3 where column.type == .boolean: return .truths(try runsOfTruths(data, count))
        case 5 where column.type == .int32 || column.type == .int64:
            return .integers(try data.withUnsafeBytes { try deltas($0, count) })
        case 6 where column.type == .bytes: return try DeltaBytes.lengths(data, count)
        case 7 where column.type == .bytes: return try DeltaBytes.prefixes(data, count)
        case 9: return try streams(data, count)
        default:
            throw ParquetError.unsupported(
                "a page has encoding \(encoding) of \(column.type), which lorad does not read; \(ParquetError.rewrite)")
        }
    }

    private func plain(_ data: Data, _ count: Int) throws -> ParquetValues {
        if column.type == .boolean { return .truths(try bits(data, count)) }
        if column.type == .bytes { return try lengthsAndBytes(data, count) }
        let width = try width()
        guard count <= data.count / width else {
            throw ParquetError.damaged("a page is too short for \(count) values of \(width) bytes")
        }
        return .fixed(data.prefix(count * width), width: width)
    }

    private func width() throws -> Int {
        guard let width = column.type.width(length: column.length), width > 0 else {
            throw ParquetError.damaged("values of \(column.length) bytes")
        }
        return width
    }

    private func bits(_ data: Data, _ count: Int) throws -> [Bool] {
        guard try BitReader.byteCount(of: count, width: 1) <= data.count else {
            throw ParquetError.damaged("a page is too short for \(count) booleans")
        }
        return data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            (0..<count).map { bytes[$0 >> 3] >> UInt8($0 & 7) & 1 == 1 }
        }
    }

    private func runsOfTruths(_ data: Data, _ count: Int) throws -> [Bool] {
        try data.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            return try HybridRuns.decode(reader.take(reader.fixed32()), width: 1, count: count) { $0 != 0 }
        }
    }

    /// Each value behind its length.
    private func lengthsAndBytes(_ data: Data, _ count: Int) throws -> ParquetValues {
        var (starts, ends): ([UInt32], [UInt32]) = ([], [])
        try data.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            for _ in 0..<count {
                let length = try reader.fixed32()
                starts.append(UInt32(reader.position))
                _ = try reader.take(length)
                ends.append(UInt32(reader.position))
            }
        }
        return .bytes(data, starts: starts, ends: ends)
    }

    private func positions(_ data: Data, _ count: Int) throws -> [UInt32] {
        guard count > 0 else { return [] }
        return try data.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let width = Int(try reader.byte())
            return try HybridRuns.decode(reader.take(reader.rest), width: width, count: count) {
                UInt32(truncatingIfNeeded: $0)
            }
        }
    }

    private func deltas(_ bytes: UnsafeRawBufferPointer, _ count: Int) throws -> [Int64] {
        var reader = ByteReader(bytes)
        let numbers = try DeltaNumbers.decode(&reader, count: count)
        return column.type == .int64 ? numbers : numbers.map { Int64(Int32(truncatingIfNeeded: $0)) }
    }

    /// BYTE_STREAM_SPLIT: the first bytes of all values, then their second ones, and so on.
    private func streams(_ data: Data, _ count: Int) throws -> ParquetValues {
        let width = try width()
        guard count <= data.count / width else {
            throw ParquetError.damaged("a page is too short for \(count) values of \(width) bytes")
        }
        let joined = try UnpackedBytes.make(size: count * width) { output in
            data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
                for index in 0..<count * width { output[index] = bytes[index % width * count + index / width] }
            }
            return count * width
        }
        return .fixed(joined, width: width)
    }
}
