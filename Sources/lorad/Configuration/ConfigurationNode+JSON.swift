import Models

extension ConfigurationNode {
    /// The node as JSON: unquoted scalars become null, booleans and numbers where they look like them.
    var json: JSONValue {
        switch content {
        case .list(let elements): .array(elements.map(\.json))
        case .mapping(let entries): .object(entries.map { .init($0.key, $0.value.json) })
        case .scalar(let text, isQuoted: true): .string(text)
        case .scalar(let text, isQuoted: false): isNull ? .null : Self.json(plain: text)
        }
    }

    private static func json(plain text: String) -> JSONValue {
        if let value = Bool(yaml: text) { return .bool(value) }
        if let value = Int(text) { return .int(value) }
        if let value = Double(yaml: text) { return .double(value) }
        return .string(text)
    }

    /// A node that reads back as this JSON; members keep their order.
    init(json: JSONValue) {
        switch json {
        case .null: self.init(.scalar("null", isQuoted: false))
        case .bool(let value): self = value.node
        case .int(let value): self = value.node
        case .double(let value): self = value.node
        case .string(let value): self = value.node
        case .array(let values): self.init(.list(values.map { ConfigurationNode(json: $0) }))
        case .object(let members):
            self.init(
                .mapping(
                    members.map { Entry(key: $0.key, origin: .resolved, value: ConfigurationNode(json: $0.value)) }))
        }
    }
}

extension Bool {
    /// YAML 1.2's booleans.
    init?(yaml text: String) {
        switch text {
        case "true", "True", "TRUE": self = true
        case "false", "False", "FALSE": self = false
        default: return nil
        }
    }
}

extension Double {
    /// YAML 1.2's decimal numbers; neither hexadecimal nor infinite.
    init?(yaml text: String) {
        guard text.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }) else { return nil }
        guard let value = Double(text), value.isFinite else { return nil }
        self = value
    }
}
