import Foundation
import Models
import Testing

@testable import lorad

@Suite("The reference of the run file's keys")
struct ConfigurationReferenceTests {
    @Test("is what docs/configuration.md holds: lorad config schema --markdown writes it anew")
    func page() throws {
        let page = try String(contentsOfFile: "\(TinyLlava.repository)/docs/configuration.md", encoding: .utf8)
        #expect(page == ConfigurationReference().markdown)
    }

    @Test("has each key once, in Markdown, on the terminal and in JSON")
    func keys() throws {
        let reference = ConfigurationReference()
        let keys = try #require(reference.json.arrayValue).compactMap { $0["key"]?.stringValue }
        #expect(Set(keys).count == keys.count && keys.contains("privacy.secure_aggregation.threshold"))
        for key in keys {
            let name = try #require(key.split(separator: ".").last)
            #expect(reference.markdown.contains("| `\(name)` | "))
            #expect(reference.text.contains("  \(name) "))
        }
    }

    @Test("has a JSON Schema that knows every key's type, and refuses others")
    func jsonSchema() throws {
        let schema = ConfigurationReference().jsonSchema
        #expect(schema["additionalProperties"] == .bool(false))
        #expect(schema["required"] == .array(["model", "adapter"].map { .string($0) }))
        func check(_ node: JSONValue, _ key: String) {
            for member in node["properties"]?.objectValue ?? [] {
                let path = "\(key).\(member.key)"
                let isTyped = ["type", "enum", "anyOf"].contains { member.value[$0] != nil }
                #expect(isTyped && member.value["description"] != nil, "\(path)")
                #expect(member.value["type"] != .array([.string("null")]), "\(path)")
                check(member.value, path)
            }
        }
        check(schema, "")
        let rate = try #require(schema["properties"]?["training"]?["properties"]?["learning_rate"])
        #expect(rate["type"] == .string("number") && rate["exclusiveMinimum"] == .double(0))
        let limit = schema["properties"]?["training"]?["properties"]?["save_total_limit"]
        #expect(limit?["type"] == .array([.string("integer"), .string("null")]) && limit?["minimum"] == .int(1))
        let mode = schema["properties"]?["federation"]?["properties"]?["mode"]
        #expect(mode?["enum"] == .array([.string("distributed"), .string("federated")]))
    }
}
