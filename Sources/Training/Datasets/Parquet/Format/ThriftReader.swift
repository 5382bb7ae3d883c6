/// Thrift's compact protocol, in which Parquet's footer and page headers are written. Whatever the bytes are, it gives a
/// value or throws.
struct ThriftReader {
    /// The types of the protocol.
    enum Kind: UInt8 {
        case yes = 1
        case no, byte, int16, int32, int64, double, binary, list, set, map, structure, uuid
    }

    private static let maximumDepth = 32
    private var reader: ByteReader
    private var depth = 0

    init(_ bytes: UnsafeRawBufferPointer) { reader = ByteReader(bytes) }

    /// How many bytes have been read.
    var position: Int { reader.position }

    /// Reads a structure.
    ///
    /// - Parameter body: reads the field of a number, or returns false to have it skipped.
    mutating func structure(_ body: (inout ThriftReader, Int, Kind) throws -> Bool) throws {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw ParquetError.damaged("structures are nested too deeply") }
        var field = 0
        while case let header = try reader.byte(), header != 0 {
            let kind = try kind(header & 0x0F)
            field = header >> 4 == 0 ? Int(try reader.zigzag()) : field &+ Int(header >> 4)
            if try !body(&self, field, kind) { try skip(kind) }
        }
    }

    /// Reads a list, whose elements must be of a type.
    mutating func list<Element>(
        of expected: Kind, in kind: Kind, _ element: (inout ThriftReader) throws -> Element
    ) throws -> [Element] {
        guard kind == .list else { throw wrongType }
        let (count, elements) = try listHeader()
        guard elements == expected || count == 0 else { throw wrongType }
        return try (0..<count).map { _ in try element(&self) }
    }

    /// Reads an integer of any width.
    mutating func integer(_ kind: Kind) throws -> Int {
        switch kind {
        case .byte: Int(Int8(bitPattern: try reader.byte()))
        case .int16, .int32, .int64: Int(try reader.zigzag())
        default: throw wrongType
        }
    }

    /// Reads an integer from 0 on.
    mutating func count(_ kind: Kind) throws -> Int {
        let count = try integer(kind)
        guard count >= 0 else { throw ParquetError.damaged("a count is \(count)") }
        return count
    }

    /// Reads a boolean, which is its own type.
    func truth(_ kind: Kind) throws -> Bool {
        guard kind == .yes || kind == .no else { throw wrongType }
        return kind == .yes
    }

    /// Reads a text.
    mutating func text(_ kind: Kind) throws -> String {
        guard kind == .binary else { throw wrongType }
        let bytes = try reader.take(reader.count())
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ParquetError.damaged("a name is not UTF-8")
        }
        return text
    }

    private mutating func listHeader() throws -> (count: Int, kind: Kind) {
        let header = try reader.byte()
        let count = header >> 4 == 15 ? try reader.count() : Int(header >> 4)
        guard count <= reader.rest else { throw ParquetError.damaged("a list of \(count) elements ends too early") }
        return (count, try kind(header & 0x0F))
    }

    /// Goes behind a value.
    private mutating func skip(_ kind: Kind) throws {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw ParquetError.damaged("structures are nested too deeply") }
        switch kind {
        case .yes, .no: break
        case .byte: _ = try reader.byte()
        case .int16, .int32, .int64: _ = try reader.varint()
        case .double: _ = try reader.take(8)
        case .uuid: _ = try reader.take(16)
        case .binary: _ = try reader.take(reader.count())
        case .list, .set:
            let (count, elements) = try listHeader()
            for _ in 0..<count { try skipElement(elements) }
        case .map: try skipMap()
        case .structure: try structure { _, _, _ in false }
        }
    }

    private mutating func skipMap() throws {
        let count = try reader.count()
        guard count > 0 else { return }
        guard count <= reader.rest else { throw ParquetError.damaged("a mapping ends too early") }
        let kinds = try reader.byte()
        for _ in 0..<count {
            try skipElement(kind(kinds >> 4))
            try skipElement(kind(kinds & 0x0F))
        }
    }

    /// A boolean takes a byte where it is no field.
    private mutating func skipElement(_ kind: Kind) throws {
        if kind == .yes || kind == .no { _ = try reader.byte() } else { try skip(kind) }
    }

    private func kind(_ value: UInt8) throws -> Kind {
        guard let kind = Kind(rawValue: value) else {
            throw ParquetError.damaged("a value is of unknown type \(value)")
        }
        return kind
    }

    private var wrongType: ParquetError { .damaged("a value has another type than the format requires") }
}
