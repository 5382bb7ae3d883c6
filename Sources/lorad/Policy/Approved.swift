import Foundation
import Models

/// A kind of thing that a site's policy lists.
protocol ApprovedItem: Sendable {
    /// What a list holds, for messages and documentation: `digests`.
    static var plural: String { get }

    /// Why a text names no such thing; `nil` if it does.
    static func problem(of text: String) -> String?
}

/// What a site's policy approves of: what it lists, or `any`.
struct Approved<Item: ApprovedItem>: ConfigurationValue {
    /// The names that are approved; `nil` approves all.
    var names: [String]?

    static var any: Self { Self(names: nil) }
    static var expectation: String { "any, or a list of \(Item.plural)" }
    static var schema: [JSONValue.Member] {
        [
            .init(
                "anyOf",
                .array([
                    .object([.init("const", .string("any"))]),
                    .object([
                        .init("type", .string("array")), .init("minItems", .int(1)),
                        .init("items", .object([.init("type", .string("string"))])),
                    ]),
                ]))
        ]
    }

    init(names: [String]?) { self.names = names }

    init?(node: ConfigurationNode) {
        if node.text == "any" {
            names = nil
            return
        }
        guard case .list(let elements) = node.content, Self.problems(of: node).isEmpty else { return nil }
        names = elements.compactMap(\.text)
    }

    var node: ConfigurationNode {
        names.map { ConfigurationNode(.list($0.map(\.node))) } ?? "any".node
    }

    static func problems(of node: ConfigurationNode) -> [(origin: ConfigurationOrigin, reason: String)] {
        guard case .list(let elements) = node.content else { return [] }
        guard !elements.isEmpty else {
            return [(node.origin, "the list is empty and approves of nothing: name what is approved, or write any")]
        }
        return elements.compactMap { element in
            guard let text = element.text else {
                return (element.origin, "expected \(Item.plural), found \(element.found)")
            }
            // In quotes it is a name.
            guard element.plainText != "any" else {
                return (element.origin, "any in a list approves of nothing: \(all)")
            }
            let hint = ["*", "all"].contains(text) ? "; \(all)" : ""
            return Item.problem(of: text).map { (element.origin, $0 + hint) }
        }
    }

    private static var all: String { "to approve of all, write any without brackets" }

    /// Whether a name is approved.
    func approves(_ name: String) -> Bool { names?.contains(name) ?? true }

    /// What is approved, for messages.
    var words: String { names.map { $0.joined(separator: ", ") } ?? "any" }
}
