import Foundation
import Models
import Testing

@Suite("A JSON value")
struct JSONValueTests {
    private func decode(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    @Test(
        "keeps the kinds of JSON apart",
        arguments: [
            ("null", .null), ("true", .bool(true)), ("0", .int(0)), ("-12", .int(-12)), ("1", .int(1)),
            ("1.5", .double(1.5)), ("1e-5", .double(1e-5)), ("\"1\"", .string("1")), ("\"\"", .string("")),
            ("[]", .array([])), ("{}", .object([:])),
            (
                "[null, [false], {\"a\": {\"b\": 2}}]",
                .array([.null, .array([.bool(false)]), .object(["a": .object(["b": .int(2)])])])
            ),
        ] as [(String, JSONValue)])
    func kinds(text: String, value: JSONValue) throws {
        #expect(try decode(text) == value)
        #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value)) == value)
    }

    @Test("is asked for what it may hold")
    func access() throws {
        let value = try decode(#"{"a": [1, "x", 2.5, true, null], "b": {"c": 3}}"#)
        #expect(value["a"]?[0]?.intValue == 1)
        #expect(value["a"]?[0]?.doubleValue == 1)
        #expect(value["a"]?[1]?.stringValue == "x")
        #expect(value["a"]?[2]?.doubleValue == 2.5)
        #expect(value["a"]?[2]?.intValue == nil)
        #expect(value["a"]?[3]?.boolValue == true)
        #expect(value["a"]?[3]?.intValue == nil)
        #expect(value["a"]?[4]?.isNull == true)
        #expect(value["a"]?[5] == nil)
        #expect(value["a"]?["b"] == nil)
        #expect(value["b"]?.objectValue?.count == 1)
        #expect(value["b"]?["c"]?.intValue == 3)
        #expect(value["c"] == nil)
    }

    @Test("refuses what is not JSON", arguments: ["", "{", "[1 2]", "nul"])
    func malformed(text: String) {
        #expect(throws: DecodingError.self) { try decode(text) }
    }
}
