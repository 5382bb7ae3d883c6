import Foundation

/// Reads JSON text (RFC 8259) into `OrderedJSON`.
struct OrderedJSONParser {
    private static let deepest = 64
    private let bytes: [UInt8]
    private let file: String
    private var position = 0
    private var depth = 0

    /// Reads the one value that `data` holds; `file` names it in errors.
    static func parse(_ data: Data, file: String) throws -> OrderedJSON {
        var parser = OrderedJSONParser(bytes: Array(data), file: file)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.position == parser.bytes.count else { throw parser.error("text after the end of the JSON value") }
        return value
    }

    private init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    private mutating func value() throws -> OrderedJSON {
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try nested { try $0.object() }
        case UInt8(ascii: "["): return try nested { try $0.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case nil: throw error("the text ends where a value was expected")
        default: return try scalar()
        }
    }

    private mutating func nested(_ body: (inout Self) throws -> OrderedJSON) throws -> OrderedJSON {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw error("values nested more than \(Self.deepest) deep") }
        return try body(&self)
    }

    private mutating func object() throws -> OrderedJSON {
        var members: [OrderedJSON.Member] = []
        var seen: Set<String> = []
        try separated(until: UInt8(ascii: "}")) { parser in
            guard parser.peek == UInt8(ascii: "\"") else { throw parser.error("expected a quoted key") }
            let key = try parser.string()
            guard seen.insert(key).inserted else { throw parser.error("the key \"\(key)\" stands twice") }
            parser.skipSpace()
            try parser.expect(UInt8(ascii: ":"))
            members.append(.init(key, try parser.value()))
        }
        return .object(members)
    }

    private mutating func array() throws -> OrderedJSON {
        var values: [OrderedJSON] = []
        try separated(until: UInt8(ascii: "]")) { values.append(try $0.value()) }
        return .array(values)
    }

    /// Reads an opening bracket, elements with commas between them, and `end`.
    private mutating func separated(until end: UInt8, element: (inout Self) throws -> Void) throws {
        position += 1
        skipSpace()
        guard peek != end else { return position += 1 }
        while true {
            skipSpace()
            try element(&self)
            skipSpace()
            if peek == end { return position += 1 }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func string() throws -> String {
        let start = position
        position += 1
        while let byte = peek, byte != UInt8(ascii: "\"") { position += byte == UInt8(ascii: "\\") ? 2 : 1 }
        guard position < bytes.count else { throw error("a string without its closing quote") }
        position += 1
        // Escapes are left to the decoder; only the extent of the string matters here.
        guard let text = try? JSONDecoder().decode(String.self, from: Data(bytes[start..<position])) else {
            throw error("a string with an invalid escape or invalid UTF-8")
        }
        return text
    }

    private mutating func scalar() throws -> OrderedJSON {
        let start = position
        while let byte = peek, !" \t\r\n,]}:".utf8.contains(byte) { position += 1 }
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        switch word {
        case "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default:
            // Swift would also take hexadecimal numbers and a leading plus sign.
            let plain = word.utf8.allSatisfy("0123456789+-.eE".utf8.contains) && !word.hasPrefix("+")
            if plain, let integer = Int(word) { return .integer(integer) }
            guard plain, let number = Double(word), number.isFinite else { throw error("\"\(word)\" is no JSON value") }
            return .number(number)
        }
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, " \t\r\n".utf8.contains(byte) { position += 1 }
    }

    private mutating func expect(_ byte: UInt8) throws {
        guard peek == byte else { throw error("expected \"\(Character(UnicodeScalar(byte)))\"") }
        position += 1
    }

    private func error(_ reason: String) -> AdapterError {
        let line = bytes.prefix(position).count { $0 == UInt8(ascii: "\n") } + 1
        return AdapterError(.corruptFile, "\(file), line \(line): \(reason)")
    }
}
