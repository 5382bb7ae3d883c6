import Foundation
import Models
import Testing

@Suite("JSON text")
struct JSONReaderTests {
    private func parse(_ text: String, refusesRepeatedKeys: Bool = false) throws -> JSONValue {
        try JSONValue(parsing: Data(text.utf8), file: "f", refusesRepeatedKeys: refusesRepeatedKeys)
    }

    @Test("keeps the order of members, and tells whole numbers from others")
    func order() throws {
        let value = try parse(#" {"b": [1, -2.5, 1e3, true, null], "a": {"x\u00e9\n": "\ud83d\ude00"}, "c": []} "#)
        #expect(
            value
                == .object([
                    .init("b", .array([.int(1), .double(-2.5), .double(1000), .bool(true), .null])),
                    .init("a", .object([.init("xé\n", .string("😀"))])), .init("c", .array([])),
                ]))
    }

    @Test(
        "keeps the kinds of values apart",
        arguments: [
            ("null", .null), ("true", .bool(true)), ("false", .bool(false)), ("0", .int(0)), ("-12", .int(-12)),
            ("-0", .int(0)), ("1.5", .double(1.5)), ("1e-5", .double(1e-5)), ("4.0", .double(4)),
            ("2E+2", .double(200)),
            ("9223372036854775807", .int(.max)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
            ("\"1\"", .string("1")), ("\"\"", .string("")), (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
            ("[]", .array([])), ("{}", .object([])), ("\u{FEFF}1", .int(1)),
            (
                "[null, [false], {\"a\": {\"b\": 2}}]",
                .array([
                    .null, .array([.bool(false)]), .object([.init("a", .object([.init("b", .int(2))]))]),
                ])
            ),
        ] as [(String, JSONValue)])
    func kinds(text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test("may have keys that are canonically equivalent, and the same key twice, of which the last counts")
    func repeatedKeys() throws {
        let value = try parse(#"{"\u00e9": 1, "e\u0301": 2, "a": 3, "a": 4}"#)
        #expect(value.objectValue?.map(\.value) == [.int(1), .int(2), .int(3), .int(4)])
        #expect(value["a"]?.intValue == 4)
        #expect(value.objectValue?.map(\.key.unicodeScalars.count) == [1, 2, 1, 1])
    }

    @Test("may be refused where it has a key twice in one object")
    func refusedKeys() throws {
        let strict = { (text: String) in try parse(text, refusesRepeatedKeys: true) }
        #expect(try strict(#"{"a": {"a": 1}, "b": {"a": 1}, "\u00e9": 1, "e\u0301": 2}"#).objectValue?.count == 4)
        let found = message { _ = try strict("{\"a\": 1,\n\"a\": 2}") }
        #expect(found == "f:2: not valid JSON: the key \"a\" occurs twice")
    }

    static let broken: [(text: String, line: Int, reason: String)] = [
        ("", 1, "expected a value, found the end of the file"),
        ("\n\n", 3, "expected a value, found the end of the file"),
        ("{", 1, "expected a key in double quotes, found the end of the file"),
        ("{\n\"a\": 1,\n}", 3, "expected a key in double quotes, found `}`"),
        ("{a: 1}", 1, "expected a key in double quotes, found `a`"),
        ("{\"a\": 1", 1, "expected `,` or `}`, found the end of the file"),
        ("[1\n2]", 2, "expected `,` or `]`, found `2`"),
        ("[1,]", 1, "expected a value, found `]`"),
        ("{\"a\" 1}", 1, "expected `:`, found `1`"),
        ("\"abc", 1, "expected the closing quote of a string, found the end of the file"),
        ("\"a\nbc\"", 1, "expected the closing quote of a string, found `\\n`"),
        ("\"abc\\", 1, "after a backslash, found the end of the file"),
        ("\"\\q\"", 1, "after a backslash, found `q`"),
        ("\"\\u12+4\"", 1, "expected a hexadecimal digit, found `+`"),
        ("\"\\ud83d\"", 1, "expected both halves of a surrogate pair, found `\"`"),
        ("\"\\ud83d\\u0041\"", 1, "expected both halves of a surrogate pair, found `\"`"),
        ("\"\\ude00\"", 1, "expected both halves of a surrogate pair, found `\"`"),
        ("0x10", 1, "expected the end of the file, found `x`"),
        ("+1", 1, "expected a value, found `+`"),
        ("01", 1, "a number must not begin with 0 and another digit"),
        (".5", 1, "expected a value, found `.`"),
        ("[1.]", 1, "expected a digit, found `]`"),
        ("1e", 1, "expected a digit, found the end of the file"),
        ("-", 1, "expected a value, found `-`"),
        ("-00", 1, "a number must not begin with 0 and another digit"),
        ("1e999", 1, "expected a number that a double can hold, found 1e999"),
        ("nan", 1, "expected a value, found `n`"),
        ("nul", 1, "expected a value, found `n`"),
        ("trües", 1, "expected a value, found `t`"),
        ("ünknown", 1, "expected a value, found `ü`"),
        ("{} {}", 1, "expected the end of the file, found `{`"),
        ("1\u{0}", 1, "expected the end of the file, found `\\0`"),
        (String(repeating: "[", count: 1000), 1, "lists and objects nested more than 128 levels deep"),
        (String(repeating: "{\"a\":", count: 100_000), 1, "lists and objects nested more than 128 levels deep"),
    ]

    @Test("that cannot be read is an error with the file, the line and what was expected", arguments: broken)
    func errors(text: String, line: Int, reason: String) {
        let found = message { _ = try parse(text) }
        #expect(found.hasPrefix("f:\(line): not valid JSON: "))
        #expect(found.hasSuffix(reason))
    }

    @Test("may be as deep as the limit")
    func depth() throws {
        let text = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(try parse(text).text() == text)
        #expect(try parse("[\(Array(repeating: "[[]]", count: 200).joined(separator: ","))]").arrayValue?.count == 200)
    }

    @Test("that is not UTF-8 is an error")
    func encoding() {
        let bytes = Data([0x22, 0xFF, 0x22])
        #expect(
            message { _ = try JSONValue(parsing: bytes, file: "f") }
                == "f: not valid JSON: expected UTF-8, found bytes that are not")
    }

    @Test("cut off or changed anywhere is read or refused, and never traps")
    func damage() {
        let text = Array(#"{"a": [1.5e-3, "x\u00e9\ud83d\ude00", true, null], "bé": {"c": -0.25, "d": []}}"#.utf8)
        for position in text.indices {
            _ = try? JSONValue(parsing: Data(text[..<position]), file: "f")
            for byte: UInt8 in [0, 0x22, 0x5C, 0x7D, 0x5D, 0x2C, 0x2D, 0x30, 0x65, 0xC3, 0xFF] {
                var changed = text
                changed[position] = byte
                _ = try? JSONValue(parsing: Data(changed), file: "f")
            }
        }
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch {
            return "\(error)"
        }
    }
}
