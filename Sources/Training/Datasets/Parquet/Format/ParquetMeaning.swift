/// What the stored values of a column stand for.
enum ParquetMeaning: Equatable {
    /// What the physical type says.
    case none
    case text, json, list, map, unsigned, date, uuid, float16
    case decimal(scale: Int)
    /// Units of a second, and whether they count from midnight UTC.
    case timestamp(perSecond: Int, isUTC: Bool)

    /// The older way of saying it.
    init(converted: Int, scale: Int) {
        switch converted {
        case 0, 4: self = .text
        case 1, 2: self = .map
        case 3: self = .list
        case 5: self = .decimal(scale: scale)
        case 6: self = .date
        case 9: self = .timestamp(perSecond: 1_000, isUTC: true)
        case 10: self = .timestamp(perSecond: 1_000_000, isUTC: true)
        case 11...14: self = .unsigned
        case 19: self = .json
        default: self = .none
        }
    }

    /// Reads the union `LogicalType`.
    init(_ reader: inout ThriftReader) throws {
        var meaning = ParquetMeaning.none
        try reader.structure { reader, field, kind in
            switch field {
            case 1, 4: meaning = .text
            case 2: meaning = .map
            case 3: meaning = .list
            case 5: meaning = .decimal(scale: try Self.integers(&reader, kind)[1] ?? 0)
            case 6: meaning = .date
            case 8: meaning = try Self.timestamp(&reader, kind)
            case 10: meaning = try Self.isUnsigned(&reader, kind) ? .unsigned : .none
            case 12: meaning = .json
            case 14: meaning = .uuid
            case 15: meaning = .float16
            default: return false
            }
            return field == 5 || field == 8 || field == 10
        }
        self = meaning
    }

    private static func integers(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws -> [Int: Int] {
        var values: [Int: Int] = [:]
        try structure(&reader, kind) { reader, field, kind in
            values[field] = try reader.integer(kind)
            return true
        }
        return values
    }

    private static func isUnsigned(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws -> Bool {
        var isSigned = true
        try structure(&reader, kind) { reader, field, kind in
            guard field == 2 else { return false }
            isSigned = try reader.truth(kind)
            return true
        }
        return !isSigned
    }

    private static func timestamp(
        _ reader: inout ThriftReader, _ kind: ThriftReader.Kind
    ) throws -> ParquetMeaning {
        var (unit, isUTC) = (2, false)
        try structure(&reader, kind) { reader, field, kind in
            if field == 1 { isUTC = try reader.truth(kind) }
            guard field == 2 else { return field == 1 }
            try structure(&reader, kind) { _, field, _ in
                unit = field
                return false
            }
            return true
        }
        let perSecond = unit == 1 ? 1_000 : unit == 2 ? 1_000_000 : 1_000_000_000
        return .timestamp(perSecond: perSecond, isUTC: isUTC)
    }

    private static func structure(
        _ reader: inout ThriftReader, _ kind: ThriftReader.Kind,
        _ body: (inout ThriftReader, Int, ThriftReader.Kind) throws -> Bool
    ) throws {
        guard kind == .structure else { throw ParquetError.damaged("the schema has a type of another form") }
        try reader.structure(body)
    }
}
