import Foundation
import Models
import Testing

@Suite("A JSON value")
struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Data(text.utf8), file: "f") }

    @Test("is asked for what it may hold")
    func access() throws {
        let value = try parse(#"{"a": [1, "x", 2.5, true, null, 4.0, 1e300], "b": {"c": 3}}"#)
        #expect(value["a"]?[0]?.intValue == 1)
        #expect(value["a"]?[0]?.doubleValue == 1)
        #expect(value["a"]?[1]?.stringValue == "x")
        #expect(value["a"]?[2]?.doubleValue == 2.5)
        #expect(value["a"]?[2]?.intValue == nil)
        #expect(value["a"]?[3]?.boolValue == true)
        #expect(value["a"]?[3]?.intValue == nil)
        #expect(value["a"]?[4]?.isNull == true)
        #expect(value["a"]?[5]?.intValue == 4)
        #expect(value["a"]?[6]?.intValue == nil)
        #expect(value["a"]?[7] == nil)
        #expect(value["a"]?[-1] == nil)
        #expect(value["a"]?["b"] == nil)
        #expect(value["b"]?.objectValue?.count == 1)
        #expect(value["b"]?["c"]?.intValue == 3)
        #expect(value["c"] == nil)
    }

    @Test("writes the text that Python's json.dumps writes, indented or on one line")
    func text() throws {
        let value = try parse(#"{"b": [1, 2.5, 1e-05, "é\"\\😀\u0001\u007f\n"], "a": {}, "c": {"d": false, "e": null}}"#)
        #expect(
            value.text(indent: 2) == #"""
                {
                  "b": [
                    1,
                    2.5,
                    1e-05,
                    "\u00e9\"\\\ud83d\ude00\u0001\u007f\n"
                  ],
                  "a": {},
                  "c": {
                    "d": false,
                    "e": null
                  }
                }
                """#)
        #expect(
            value.text()
                == #"{"b": [1, 2.5, 1e-05, "\u00e9\"\\\ud83d\ude00\u0001\u007f\n"], "a": {}, "c": {"d": false, "e": null}}"#
        )
        #expect(JSONValue.array([.string("é"), .array([])]).description == #"["é", []]"#)
    }

    @Test(
        "reads back as it was written",
        arguments: [
            "[]", "{}", "null", "-7", "0.1", "1e+22", #"{"z": [{"y": [[], {}]}], "a": "\u2028/\t"}"#,
        ], [nil, 0, 2])
    func roundTrip(text: String, indent: Int?) throws {
        let value = try parse(text)
        for isASCII in [true, false] { #expect(try parse(value.text(indent: indent, isASCII: isASCII)) == value) }
    }

    @Test("has no number that is not finite", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(number: Double) { #expect(JSONValue.array([.double(number)]).text() == "[null]") }

    @Test(
        "is summed up for messages",
        arguments: [
            (.null, "null"), (.bool(true), "true"), (.int(3), "the number 3"), (.double(4.5), "the number 4.5"),
            (.string("é"), "the string \"é\""), (.array([]), "an empty list"), (.array([.null]), "a list"),
            (.object([]), "an empty mapping"), (.object([.init("a", .null)]), "a mapping"),
        ] as [(JSONValue, String)])
    func summary(value: JSONValue, expected: String) { #expect(value.summary == expected) }
}
