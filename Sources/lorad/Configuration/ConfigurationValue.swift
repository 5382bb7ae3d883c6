import Models

/// The value of a key of the run file.
protocol ConfigurationValue: Equatable, Sendable {
    /// What is expected, for messages and documentation: `a whole number`.
    static var expectation: String { get }

    /// The same as JSON Schema has it: what fulfils it can be read, but for what JSON cannot say.
    static var schema: [JSONValue.Member] { get }

    /// The value of a node, or `nil` if it is not of this kind.
    init?(node: ConfigurationNode)

    /// A node that reads back as this value.
    var node: ConfigurationNode { get }

    /// What is wrong with a node, part by part, where more can be said than that another kind was expected.
    static func problems(of node: ConfigurationNode) -> [(origin: ConfigurationOrigin, reason: String)]
}

extension ConfigurationValue {
    static func problems(of node: ConfigurationNode) -> [(origin: ConfigurationOrigin, reason: String)] { [] }
}

extension Int: ConfigurationValue {
    static let expectation = "a whole number"
    static let schema = [JSONValue.Member("type", .string("integer"))]
    init?(node: ConfigurationNode) {
        guard let value = node.plainText.flatMap({ Int($0) }) else { return nil }
        self = value
    }
    var node: ConfigurationNode { ConfigurationNode(.scalar(description, isQuoted: false)) }
}

extension Double: ConfigurationValue {
    static let expectation = "a number"
    static let schema = [JSONValue.Member("type", .string("number"))]
    init?(node: ConfigurationNode) {
        guard let value = node.plainText.flatMap({ Double(yaml: $0) }) else { return nil }
        self = value
    }
    /// With a fraction even before an exponent, as readers of YAML 1.1 expect of a number.
    var node: ConfigurationNode {
        let text = description
        let mantissa = text.prefix { $0 != "e" }
        return ConfigurationNode(
            .scalar(mantissa.contains(".") ? text : mantissa + ".0" + text.dropFirst(mantissa.count), isQuoted: false))
    }
}

extension Bool: ConfigurationValue {
    static let expectation = "true or false"
    static let schema = [JSONValue.Member("type", .string("boolean"))]
    init?(node: ConfigurationNode) {
        guard let value = node.plainText.flatMap({ Bool(yaml: $0) }) else { return nil }
        self = value
    }
    var node: ConfigurationNode { ConfigurationNode(.scalar(description, isQuoted: false)) }
}

extension String: ConfigurationValue {
    static let expectation = "text"
    static let schema = [JSONValue.Member("type", .string("string"))]
    init?(node: ConfigurationNode) {
        guard let text = node.text else { return nil }
        self = text
    }
    /// Quoted if a YAML 1.1 or 1.2 parser would read it as another type.
    var node: ConfigurationNode {
        let others = ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        let isAmbiguous = others.contains(lowercased()) || Double(yaml: self) != nil
        return ConfigurationNode(.scalar(self, isQuoted: isAmbiguous))
    }
}

extension Optional: ConfigurationValue where Wrapped: ConfigurationValue {
    static var expectation: String { Wrapped.expectation }
    static var schema: [JSONValue.Member] {
        Wrapped.schema.map { member in
            switch member.key {
            case "type": .init("type", .array([member.value, .string("null")]))
            case "enum": .init("enum", .array((member.value.arrayValue ?? []) + [.null]))
            default: member
            }
        }
    }
    init?(node: ConfigurationNode) {
        if node.isNull {
            self = .none
        } else {
            guard let value = Wrapped(node: node) else { return nil }
            self = value
        }
    }
    var node: ConfigurationNode { self?.node ?? ConfigurationNode(.scalar("null", isQuoted: false)) }
}

extension ConfigurationValue where Self: RawRepresentable<String> & CaseIterable {
    static var expectation: String { "one of \(allCases.map(\.rawValue).joined(separator: ", "))" }
    static var schema: [JSONValue.Member] { [.init("enum", .array(allCases.map { .string($0.rawValue) }))] }
    init?(node: ConfigurationNode) {
        guard let value = node.text.flatMap({ Self(rawValue: $0) }) else { return nil }
        self = value
    }
    var node: ConfigurationNode { rawValue.node }
}
