import Foundation

/// A pull parser for JSON (RFC 8259) that can hand out large objects member by member.
///
/// A vocabulary of 128,000 tokens with 280,000 merges goes straight from the file's bytes into its tables, with no
/// tree of values in between.
struct JSONReader {
    static let maximumDepth = 128

    let file: String
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    /// Starts at the beginning of `data`; throws ``ModelError/Code/corruptFile`` if it is not UTF-8.
    init(_ data: Data, file: String) throws {
        self.file = file
        bytes = [UInt8](data)
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw ModelError(.corruptFile, "\(file): expected JSON in UTF-8, found bytes that are not UTF-8")
        }
    }

    /// The next byte that is not white space, left in place; 0 at the end.
    mutating func peek() -> UInt8 {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            case let byte: return byte
            }
        }
        return 0
    }

    /// Throws unless only white space is left.
    mutating func finish() throws {
        guard peek() == 0, position == bytes.count else { throw unexpected("the end of the document") }
    }

    /// Reads a whole value.
    mutating func readValue() throws -> JSONTree {
        switch peek() {
        case UInt8(ascii: "{"):
            var members: [(key: String, value: JSONTree)] = []
            try forEachMember { reader, key in
                members.append((String(decoding: key, as: UTF8.self), try reader.readValue()))
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONTree] = []
            try forEachElement { elements.append(try $0.readValue()) }
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readLiteral("true", .bool(true))
        case UInt8(ascii: "f"): return try readLiteral("false", .bool(false))
        case UInt8(ascii: "n"): return try readLiteral("null", .null)
        default: return .number(try readNumber())
        }
    }

    /// Reads an object, handing over each key as UTF-8; `body` must read the value.
    mutating func forEachMember(_ body: (inout JSONReader, [UInt8]) throws -> Void) throws {
        try enter(UInt8(ascii: "{"))
        if try leave(UInt8(ascii: "}"), first: true) { return }
        var key: [UInt8] = []
        repeat {
            key.removeAll(keepingCapacity: true)
            try readString(into: &key)
            try expect(UInt8(ascii: ":"))
            try body(&self, key)
        } while try !leave(UInt8(ascii: "}"))
    }

    /// Reads an array; `body` must read one element.
    mutating func forEachElement(_ body: (inout JSONReader) throws -> Void) throws {
        try enter(UInt8(ascii: "["))
        if try leave(UInt8(ascii: "]"), first: true) { return }
        repeat { try body(&self) } while try !leave(UInt8(ascii: "]"))
    }

    /// Reads a string.
    mutating func readString() throws -> String {
        var text: [UInt8] = []
        try readString(into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads a string and appends its UTF-8.
    mutating func readString(into text: inout [UInt8]) throws {
        try expect(UInt8(ascii: "\""))
        while true {
            let start = position
            while position < bytes.count, bytes[position] != 0x22, bytes[position] != 0x5C, bytes[position] >= 0x20 {
                position += 1
            }
            text.append(contentsOf: bytes[start..<position])
            guard position < bytes.count, bytes[position] >= 0x20 else { throw unexpected("the end of a string") }
            position += 1
            if bytes[position - 1] == 0x22 { return }
            try readEscape(into: &text)
        }
    }

    /// Reads a number.
    mutating func readNumber() throws -> Double {
        _ = peek()
        let start = position
        while position < bytes.count, "+-0123456789.eE".utf8.contains(bytes[position]) { position += 1 }
        guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
            position = start
            throw unexpected("a value")
        }
        return number
    }

    /// Reads a whole number from 0 to `limit`.
    mutating func readIndex(limit: Int) throws -> Int {
        let number = try readNumber()
        guard let index = Int(exactly: number), (0...limit).contains(index) else {
            throw ModelError(.corruptFile, "\(file): expected a whole number from 0 to \(limit), found \(number)")
        }
        return index
    }

    private mutating func readEscape(into text: inout [UInt8]) throws {
        guard position < bytes.count else { throw unexpected("an escape") }
        position += 1
        switch bytes[position - 1] {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try readEscapedScalar()).utf8)
        case let byte where byte == 0x22 || byte == 0x5C || byte == 0x2F: text.append(byte)
        default: throw unexpected("an escape")
        }
    }

    private mutating func readEscapedScalar() throws -> Unicode.Scalar {
        let unit = try readCodeUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(unit), position + 1 < bytes.count, bytes[position] == 0x5C,
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw unexpected("a surrogate pair") }
        position += 2
        let trail = try readCodeUnit()
        guard UTF16.isTrailSurrogate(trail) else { throw unexpected("a surrogate pair") }
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }

    private mutating func readCodeUnit() throws -> UInt16 {
        guard position + 4 <= bytes.count,
            let unit = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw unexpected("four hexadecimal digits") }
        position += 4
        return unit
    }

    private mutating func readLiteral(_ word: String, _ value: JSONTree) throws -> JSONTree {
        guard bytes[position...].starts(with: word.utf8) else { throw unexpected("a value") }
        position += word.utf8.count
        return value
    }

    private mutating func expect(_ byte: UInt8) throws {
        guard peek() == byte else { throw unexpected("'\(Character(Unicode.Scalar(byte)))'") }
        position += 1
    }

    private mutating func enter(_ byte: UInt8) throws {
        try expect(byte)
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw ModelError(.corruptFile, "\(file): nested deeper than \(Self.maximumDepth) levels")
        }
    }

    /// Whether the container ends here; otherwise steps over the comma before the next member.
    private mutating func leave(_ end: UInt8, first: Bool = false) throws -> Bool {
        if peek() == end {
            position += 1
            depth -= 1
            return true
        }
        if !first { try expect(UInt8(ascii: ",")) }
        return false
    }

    private func unexpected(_ expectation: String) -> ModelError {
        let found = position < bytes.count ? "'\(Character(Unicode.Scalar(bytes[position])))'" : "the end of the file"
        return ModelError(.corruptFile, "\(file): expected \(expectation) at byte \(position), found \(found)")
    }
}
