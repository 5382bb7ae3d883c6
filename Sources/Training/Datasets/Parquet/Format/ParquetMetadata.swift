import Foundation

/// What a Parquet file's footer says about it.
struct ParquetMetadata {
    /// The schema, flattened depth first.
    private(set) var elements: [ParquetElement] = []
    /// The row groups, in their order.
    private(set) var groups: [ParquetGroup] = []
    private var rowCount = 0

    /// The mark at both ends of a file.
    static let mark = Array("PAR1".utf8)
    private static let encryptedMark = Array("PARE".utf8)

    /// Whether data begins as a Parquet file does.
    static func isMark(_ data: Data) -> Bool { data.starts(with: mark) || data.starts(with: encryptedMark) }

    /// Reads a file's footer.
    ///
    /// - Throws: `ParquetError`.
    init(_ file: Data) throws {
        let footer = try Self.footer(of: file)
        try file[footer].withUnsafeBytes { bytes in
            var reader = ThriftReader(bytes)
            try reader.structure { try read(&$0, field: $1, $2) }
        }
        guard !elements.isEmpty else { throw ParquetError.damaged("the footer has no schema") }
        let (rows, overflow) = groups.reduce((0, false)) { sum, group in
            let (total, overflow) = sum.0.addingReportingOverflow(group.rowCount)
            return (total, sum.1 || overflow)
        }
        guard !overflow, rows == rowCount else {
            throw ParquetError.damaged("the footer claims \(rowCount) rows, but its row groups have another number")
        }
    }

    /// Where the footer is: before its length and the mark at the end.
    private static func footer(of file: Data) throws -> Range<Int> {
        if file.starts(with: encryptedMark) {
            throw ParquetError.unsupported("is encrypted, which lorad does not read")
        }
        guard file.count >= 12, Array(file.suffix(4)) == mark else {
            throw ParquetError.damaged("does not end with PAR1: it is truncated, or still being written; copy it again")
        }
        let length = file.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= file.count - 12, length <= ParquetLimits.footerBytes else {
            throw ParquetError.damaged("its footer claims \(length) bytes, more than the file can hold; copy it again")
        }
        let end = file.endIndex - 8
        return end - length..<end
    }

    private mutating func read(_ reader: inout ThriftReader, field: Int, _ kind: ThriftReader.Kind) throws -> Bool {
        switch field {
        case 2: elements = try reader.list(of: .structure, in: kind) { try ParquetElement(&$0) }
        case 3: rowCount = try reader.count(kind)
        case 4: groups = try reader.list(of: .structure, in: kind) { try ParquetGroup(&$0) }
        case 8: throw ParquetError.unsupported("is encrypted, which lorad does not read")
        default: return false
        }
        return true
    }
}

/// A row group: some rows, column by column.
struct ParquetGroup {
    /// One for each leaf of the schema, in its order.
    private(set) var columns: [ParquetChunkInfo] = []
    /// How many rows there are.
    private(set) var rowCount = 0

    init(_ reader: inout ThriftReader) throws {
        try reader.structure { reader, field, kind in
            switch field {
            case 1: columns = try reader.list(of: .structure, in: kind) { try ParquetChunkInfo(&$0) }
            case 3: rowCount = try reader.count(kind)
            default: return false
            }
            return true
        }
    }
}

/// Where a column of a row group is.
struct ParquetChunkInfo {
    private(set) var codec = 0
    private(set) var type = -1
    private(set) var valueCount = 0
    /// Bytes of all its pages.
    private(set) var size = 0
    private(set) var dataOffset = 0
    private(set) var dictionaryOffset: Int?
    /// Why it cannot be read.
    private(set) var refusal: String?

    init(_ reader: inout ThriftReader) throws {
        try reader.structure { reader, field, kind in
            switch field {
            case 1: refusal = try reader.text(kind).isEmpty ? nil : "is in a separate file, which lorad does not read"
            case 3: try reader.structure { try read(&$0, field: $1, $2) }
            case 8, 9:
                refusal = "is encrypted, which lorad does not read"
                return false
            default: return false
            }
            return true
        }
    }

    private mutating func read(_ reader: inout ThriftReader, field: Int, _ kind: ThriftReader.Kind) throws -> Bool {
        switch field {
        case 1: type = try reader.integer(kind)
        case 4: codec = try reader.integer(kind)
        case 5: valueCount = try reader.count(kind)
        case 7: size = try reader.count(kind)
        case 9: dataOffset = try reader.count(kind)
        case 11: dictionaryOffset = try reader.count(kind)
        default: return false
        }
        return true
    }

    /// The bytes of its pages in a file; some writers give 0 for a dictionary that is not there.
    func range(in file: Data) throws -> Range<Int> {
        if let refusal { throw ParquetError.unsupported(refusal) }
        let dictionary = dictionaryOffset.flatMap { $0 > 0 && $0 < dataOffset ? $0 : nil }
        let start = dictionary ?? dataOffset
        guard start >= ParquetMetadata.mark.count, size <= file.count, start <= file.count - 8 - size else {
            throw ParquetError.damaged("its pages are outside the file (\(size) bytes from byte \(start))")
        }
        return start..<start + size
    }
}
