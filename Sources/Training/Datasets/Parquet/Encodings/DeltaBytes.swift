import Foundation

/// Encodings of bytes whose lengths are packed apart.
enum DeltaBytes {
    /// DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.
    static func lengths(_ data: Data, _ count: Int) throws -> ParquetValues {
        try data.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let (starts, ends) = try spans(&reader, count)
            return .bytes(data, starts: starts, ends: ends)
        }
    }

    /// DELTA_BYTE_ARRAY: how much each value shares with the one before, then what follows that.
    static func prefixes(_ data: Data, _ count: Int) throws -> ParquetValues {
        try data.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let shared = try DeltaNumbers.decode(&reader, count: count)
            let (starts, ends) = try spans(&reader, count)
            var (joined, places): ([UInt8], [UInt32]) = ([], [])
            var last = 0..<0
            for index in 0..<count {
                guard let prefix = Int(exactly: shared[index]), (0...last.count).contains(prefix) else {
                    throw ParquetError.damaged("a value shares \(shared[index]) bytes with one of \(last.count)")
                }
                let start = joined.count
                joined.append(contentsOf: joined[last.lowerBound..<last.lowerBound + prefix])
                joined.append(contentsOf: bytes[Int(starts[index])..<Int(ends[index])])
                guard joined.count <= ParquetLimits.cacheBytes else {
                    throw ParquetError.unsupported("a page unpacks to more than \(ParquetLimits.cacheBytes) bytes")
                }
                last = start..<joined.count
                places.append(UInt32(start))
            }
            let placeEnds = places.dropFirst() + (count > 0 ? [UInt32(joined.count)] : [])
            return .bytes(Data(joined), starts: places, ends: Array(placeEnds))
        }
    }

    /// Where each value lies behind the packed lengths.
    private static func spans(_ reader: inout ByteReader, _ count: Int) throws -> ([UInt32], [UInt32]) {
        let lengths = try DeltaNumbers.decode(&reader, count: count)
        var (starts, ends): ([UInt32], [UInt32]) = ([], [])
        for length in lengths {
            guard let length = Int(exactly: length) else { throw ParquetError.damaged("a value of \(length) bytes") }
            starts.append(UInt32(reader.position))
            _ = try reader.take(length)
            ends.append(UInt32(reader.position))
        }
        return (starts, ends)
    }
}
