import Foundation
import Tensors

/// A pull parser for JSON (RFC 8259) that can hand out large objects member by member.
///
/// A vocabulary of 128,000 tokens with 280,000 merges goes straight from the file's bytes into its tables, with no
/// tree of values in between.
struct JSONReader {
    static let maximumDepth = 128

    let file: String
    private let refusesRepeatedKeys: Bool
    private let takesNonNumbers: Bool
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    /// Starts at the beginning of `data`; throws ``ModelError/Code/corruptFile`` if it is not UTF-8.
    init(
        _ data: Data, file: String, refusesRepeatedKeys: Bool = false, takesNonNumbers: Bool = false
    ) throws {
        self.file = file
        self.refusesRepeatedKeys = refusesRepeatedKeys
        self.takesNonNumbers = takesNonNumbers
        bytes = [UInt8](data)
        if GitLFSPointer.isOne(bytes) { throw ModelError(.corruptFile, "\(file) \(GitLFSPointer.message)") }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw ModelError(.corruptFile, "\(file): not valid JSON: expected UTF-8, found bytes that are not")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }  // the mark that some editors put first
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
        guard peek() == 0, position == bytes.count else { throw unexpected("the end of the file") }
    }

    private func unexpected(_ expectation: String, at position: Int? = nil) -> ModelError {
        let rest = String(decoding: bytes[(position ?? self.position)...].prefix(4), as: UTF8.self).unicodeScalars
        let found = rest.first.map { $0.value < 0x20 ? "`\($0.escaped(asASCII: true))`" : "`\($0)`" }
        return error("expected \(expectation), found \(found ?? "the end of the file")", at: position)
    }

    /// An error at a position, or at the reader's own.
    private func error(_ reason: String, at position: Int? = nil) -> ModelError {
        let line = bytes[..<(position ?? self.position)].count { $0 == UInt8(ascii: "\n") } + 1
        return ModelError(.corruptFile, "\(file):\(line): not valid JSON: \(reason)")
    }

    private mutating func expect(_ byte: UInt8) throws {
        guard peek() == byte else { throw unexpected("`\(Unicode.Scalar(byte))`") }
        position += 1
    }
}

/// Values.
extension JSONReader {
    /// Where the reader is, in bytes from the beginning of the text.
    var offset: Int { position }

    /// Passes over a whole value.
    mutating func skipValue() throws {
        switch peek() {
        case UInt8(ascii: "{"): try forEachMember { reader, _ in try reader.skipValue() }
        case UInt8(ascii: "["): try forEachElement { try $0.skipValue() }
        default: _ = try readValue()
        }
    }

    /// Reads a whole value.
    mutating func readValue() throws -> JSONValue {
        switch peek() {
        case UInt8(ascii: "{"): return .object(try readMembers())
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try forEachElement { elements.append(try $0.readValue()) }
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readLiteral("true", .bool(true))
        case UInt8(ascii: "f"): return try readLiteral("false", .bool(false))
        case UInt8(ascii: "n"): return try readLiteral("null", .null)
        case UInt8(ascii: "N") where takesNonNumbers: return try readLiteral("NaN", .null)
        case UInt8(ascii: "I") where takesNonNumbers: return try readLiteral("Infinity", .null)
        case UInt8(ascii: "-") where takesNonNumbers && bytes[position...].starts(with: "-Infinity".utf8):
            return try readLiteral("-Infinity", .null)
        default: return try readNumber()
        }
    }

    private mutating func readMembers() throws -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        var seen: Set<[UInt8]> = []
        try forEachMember { reader, key in
            let name = String(decoding: key, as: UTF8.self)
            if reader.refusesRepeatedKeys, !seen.insert(key).inserted {
                throw reader.error("the key \"\(name)\" occurs twice")
            }
            members.append(.init(name, try reader.readValue()))
        }
        return members
    }

    /// Reads an object, handing over each key as UTF-8; `body` must read the value.
    mutating func forEachMember(_ body: (inout JSONReader, [UInt8]) throws -> Void) throws {
        try enter(UInt8(ascii: "{"))
        if leave(UInt8(ascii: "}")) { return }
        var key: [UInt8] = []
        repeat {
            key.removeAll(keepingCapacity: true)
            guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
            try readString(into: &key)
            try expect(UInt8(ascii: ":"))
            try body(&self, key)
        } while try continues(until: UInt8(ascii: "}"))
    }

    /// Reads an array; `body` must read one element.
    mutating func forEachElement(_ body: (inout JSONReader) throws -> Void) throws {
        try enter(UInt8(ascii: "["))
        if leave(UInt8(ascii: "]")) { return }
        repeat { try body(&self) } while try continues(until: UInt8(ascii: "]"))
    }

    private mutating func readLiteral(_ word: String, _ value: JSONValue) throws -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw unexpected("a value") }
        position += word.utf8.count
        return value
    }

    private mutating func enter(_ byte: UInt8) throws {
        try expect(byte)
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw error("lists and objects nested more than \(Self.maximumDepth) levels deep")
        }
    }

    /// Whether the container ends here.
    private mutating func leave(_ end: UInt8) -> Bool {
        guard peek() == end else { return false }
        position += 1
        depth -= 1
        return true
    }

    /// Whether a comma and another member follow; otherwise the container ends here.
    private mutating func continues(until end: UInt8) throws -> Bool {
        if leave(end) { return false }
        guard peek() == UInt8(ascii: ",") else { throw unexpected("`,` or `\(Unicode.Scalar(end))`") }
        position += 1
        return true
    }
}

/// Numbers.
extension JSONReader {
    /// Reads a whole number from 0 to `limit`.
    mutating func readIndex(limit: Int) throws -> Int {
        _ = peek()
        let start = position
        let number = try readNumber()
        guard let index = number.intValue, (0...limit).contains(index) else {
            throw error("expected a whole number from 0 to \(limit), found \(number)", at: start)
        }
        return index
    }

    private mutating func readNumber() throws -> JSONValue {
        let start = position
        skip(UInt8(ascii: "-"))
        let first = position
        guard skipDigits() else { throw unexpected("a value", at: start) }
        guard bytes[first] != UInt8(ascii: "0") || position == first + 1 else {
            throw error("a number must not begin with 0 and another digit", at: start)
        }
        let isWhole = try !skipFraction()
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let number = Int(word) { return .int(number) }
        guard let number = Double(word), number.isFinite else {
            throw error("expected a number that a double can hold, found \(word)", at: start)
        }
        return .double(number)
    }

    /// Steps over a fraction and an exponent; false where there is neither.
    private mutating func skipFraction() throws -> Bool {
        let hasFraction = skip(UInt8(ascii: "."))
        guard !hasFraction || skipDigits() else { throw unexpected("a digit") }
        guard skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) else { return hasFraction }
        if !skip(UInt8(ascii: "+")) { skip(UInt8(ascii: "-")) }
        guard skipDigits() else { throw unexpected("a digit") }
        return true
    }

    @discardableResult
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// Steps over digits; false where there are none.
    private mutating func skipDigits() -> Bool {
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        return position > start
    }
}

/// Strings.
extension JSONReader {
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
            guard position < bytes.count, bytes[position] >= 0x20 else {
                throw unexpected("the closing quote of a string")
            }
            position += 1
            if bytes[position - 1] == 0x22 { return }
            try readEscape(into: &text)
        }
    }

    private mutating func readEscape(into text: inout [UInt8]) throws {
        switch position < bytes.count ? bytes[position] : 0 {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "u"):
            position += 1
            return text.append(contentsOf: String(try readEscapedScalar()).utf8)
        case let byte where byte == 0x22 || byte == 0x5C || byte == 0x2F: text.append(byte)
        default: throw unexpected("one of `\"\\/bfnrtu` after a backslash")
        }
        position += 1
    }

    private mutating func readEscapedScalar() throws -> Unicode.Scalar {
        let unit = try readCodeUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(unit), skip(0x5C), skip(UInt8(ascii: "u")) else {
            throw unexpected("both halves of a surrogate pair")
        }
        let trail = try readCodeUnit()
        guard UTF16.isTrailSurrogate(trail) else { throw unexpected("both halves of a surrogate pair") }
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }

    private mutating func readCodeUnit() throws -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard position < bytes.count,
                let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
            else { throw unexpected("a hexadecimal digit") }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
