/// A column or a group of the schema, as the footer lists it.
struct ParquetElement {
    /// Whether a value must be there, may be missing, or may come several times.
    enum Repetition: Int {
        case required = 0
        case optional, repeated
    }

    private(set) var name = ""
    /// The physical type; `nil` for a group.
    private(set) var type: ParquetType?
    private(set) var length = 0
    private(set) var repetition = Repetition.required
    private(set) var childCount = 0
    private(set) var meaning = ParquetMeaning.none
    private var converted: Int?
    private var scale = 0

    init(_ reader: inout ThriftReader) throws {
        try reader.structure { try read(&$0, field: $1, $2) }
        if meaning == .none, let converted { meaning = ParquetMeaning(converted: converted, scale: scale) }
    }

    private mutating func read(_ reader: inout ThriftReader, field: Int, _ kind: ThriftReader.Kind) throws -> Bool {
        switch field {
        case 1: type = try Self.known(ParquetType(rawValue: reader.integer(kind)), "type")
        case 2: length = try reader.count(kind)
        case 3: repetition = try Self.known(Repetition(rawValue: reader.integer(kind)), "repetition")
        case 4: name = try reader.text(kind)
        case 5: childCount = try reader.count(kind)
        case 6: converted = try reader.integer(kind)
        case 7: scale = try reader.count(kind)
        case 10: meaning = try ParquetMeaning(&reader)
        default: return false
        }
        return true
    }

    private static func known<Value>(_ value: Value?, _ what: String) throws -> Value {
        guard let value else { throw ParquetError.damaged("the schema has an unknown \(what)") }
        return value
    }
}

/// How values are stored. The raw values are Parquet's.
enum ParquetType: Int {
    case boolean = 0
    case int32, int64, int96, float, double, bytes, fixed

    /// Bytes of a value; `nil` if it varies or is a bit.
    func width(length: Int) -> Int? {
        switch self {
        case .boolean, .bytes: nil
        case .int32, .float: 4
        case .int64, .double: 8
        case .int96: 12
        case .fixed: length
        }
    }
}
