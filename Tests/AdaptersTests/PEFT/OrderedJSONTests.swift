import Foundation
import Models
import Testing

@testable import Adapters

@Suite("Ordered JSON")
struct OrderedJSONTests {
    private func parse(_ text: String) throws -> OrderedJSON { try OrderedJSONParser.parse(Data(text.utf8), file: "f") }

    @Test("keeps the order of members, and tells whole numbers from others")
    func order() throws {
        let value = try parse(#" {"b": [1, -2.5, 1e3, true, null], "a": {"x\u00e9\n": "\ud83d\ude00"}, "c": []} "#)
        #expect(
            value
                == .object([
                    .init("b", .array([.integer(1), .number(-2.5), .number(1000), .bool(true), .null])),
                    .init("a", .object([.init("xé\n", .string("😀"))])), .init("c", .array([])),
                ]))
    }

    @Test("writes text that reads back the same")
    func roundTrip() throws {
        let value = try parse(#"{"b": [1, 2.5, "é\"\\😀\u0001"], "a": {}, "c": {"d": false}}"#)
        #expect(try parse(value.text()) == value)
        #expect(
            value.text().hasPrefix(
                "{\n  \"b\": [\n    1,\n    2.5,\n    \"\\u00e9\\\"\\\\\\ud83d\\ude00\\u0001\"\n  ],"))
    }

    static let broken: [(String, String)] = [
        ("", "f, line 1: the text ends where a value was expected"),
        ("{\n\"a\": 1,\n}", "f, line 3: expected a quoted key"),
        ("[1, 2", "f, line 1: expected \",\""),
        ("{\"a\" 1}", "f, line 1: expected \":\""),
        ("{\"a\": 1, \"a\": 2}", "the key \"a\" stands twice"),
        ("\"abc", "a string without its closing quote"),
        ("\"abc\\", "a string without its closing quote"),
        ("\"\\q\"", "a string with an invalid escape"),
        ("0x10", "\"0x10\" is no JSON value"),
        ("+1", "\"+1\" is no JSON value"),
        ("nan", "\"nan\" is no JSON value"),
        ("{} {}", "text after the end of the JSON value"),
        (String(repeating: "[", count: 1000), "values nested more than 64 deep"),
    ]

    @Test("names the line of what it cannot read", arguments: broken)
    func errors(_ text: String, _ expected: String) {
        #expect(message { _ = try parse(text) }.contains(expected))
    }
}
