/// What stands before a page's contents.
struct ParquetPageHeader {
    enum Kind {
        case data, dictionary, dataV2
        /// Nothing that is needed.
        case other
    }

    private(set) var kind = Kind.other
    /// Bytes of the contents, unpacked and as they are in the file.
    private(set) var unpackedSize = 0
    private(set) var size = 0
    private(set) var checksum: UInt32?
    private(set) var valueCount = 0
    /// Rows that begin in the page; `nil` if that is not said.
    private(set) var rowCount: Int?
    private(set) var encoding = 0
    /// Encodings of the levels of a data page of the first version.
    private(set) var levelEncodings = [3, 3]
    /// Bytes of the levels of a data page of the second version.
    private(set) var repetitionSize = 0
    private(set) var definitionSize = 0
    private(set) var isCompressed = true

    /// Reads a header and checks what it asks for.
    init(_ reader: inout ThriftReader) throws {
        try reader.structure { reader, field, kind in
            switch field {
            case 1: self.kind = Self.kind(try reader.integer(kind))
            case 2: unpackedSize = try reader.count(kind)
            case 3: size = try reader.count(kind)
            case 4: checksum = UInt32(truncatingIfNeeded: try reader.integer(kind))
            case 5, 7: try reader.structure { try readFirst(&$0, field: $1, $2) }
            case 8: try reader.structure { try readSecond(&$0, field: $1, $2) }
            default: return false
            }
            return true
        }
        guard max(repetitionSize, definitionSize) <= unpackedSize || kind != .dataV2 else {
            throw ParquetError.damaged("the levels of a page are longer than the page")
        }
        guard unpackedSize <= ParquetLimits.pageBytes, valueCount <= ParquetLimits.pageValues else {
            throw ParquetError.unsupported(
                "a page of \(unpackedSize) bytes with \(valueCount) values is larger than"
                    + " \(ParquetLimits.pageBytes) bytes or \(ParquetLimits.pageValues) values: write smaller row groups,"
                    + " with row_group_size=1000 of pyarrow.parquet.write_table")
        }
    }

    private static func kind(_ value: Int) -> Kind {
        switch value {
        case 0: .data
        case 2: .dictionary
        case 3: .dataV2
        default: .other
        }
    }

    /// Of a data page of the first version, or a dictionary.
    private mutating func readFirst(
        _ reader: inout ThriftReader, field: Int, _ kind: ThriftReader.Kind
    ) throws -> Bool {
        switch field {
        case 1: valueCount = try reader.count(kind)
        case 2: encoding = try reader.integer(kind)
        case 3 where kind == .int32: levelEncodings[0] = try reader.integer(kind)
        case 4: levelEncodings[1] = try reader.integer(kind)
        default: return false
        }
        return true
    }

    private mutating func readSecond(
        _ reader: inout ThriftReader, field: Int, _ kind: ThriftReader.Kind
    ) throws -> Bool {
        switch field {
        case 1: valueCount = try reader.count(kind)
        case 3: rowCount = try reader.count(kind)
        case 4: encoding = try reader.integer(kind)
        case 5: definitionSize = try reader.count(kind)
        case 6: repetitionSize = try reader.count(kind)
        case 7: isCompressed = try reader.truth(kind)
        default: return false
        }
        return true
    }
}
