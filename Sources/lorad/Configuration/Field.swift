import Models

/// One key of a section, declared once: its name, type, default, constraint and documentation.
struct Field<Section>: Sendable {
    /// The key.
    let name: String
    /// What kind of value is expected: `a whole number`.
    let expectation: String
    /// The default as it would be written, or `nil` if absent.
    let defaultText: String?
    /// What the value must fulfil, completing `must …`.
    let requirement: String?
    /// One line of documentation.
    let documentation: String
    /// Whether the key must be given.
    var isRequired = false
    /// The keys of the section under this key.
    var nested: [FieldDescription] = []
    /// What the value must be, as JSON Schema has it; a section's follows from its keys.
    var schema: [JSONValue.Member] = []
    let read: @Sendable (ConfigurationNode.Entry, inout Section, inout ConfigurationReading) -> Void
    let write: @Sendable (Section) -> ConfigurationNode?
}

/// What the documentation says about a key.
struct FieldDescription: Equatable, Sendable {
    let name: String
    let expectation: String
    let defaultText: String?
    let requirement: String?
    let documentation: String
    let isRequired: Bool
    let nested: [FieldDescription]
    /// What the value must be, as JSON Schema has it; nothing for a section.
    let schema: [JSONValue.Member]
}

extension Field {
    /// What the documentation says about this key.
    var description: FieldDescription {
        FieldDescription(
            name: name, expectation: expectation, defaultText: defaultText, requirement: requirement,
            documentation: documentation, isRequired: isRequired, nested: nested, schema: schema)
    }
}

extension Field where Section: ConfigurationSection {
    /// A key with a value; its default is that of an untouched section.
    init<Value: ConfigurationValue>(
        _ name: String, _ path: any WritableKeyPath<Section, Value> & Sendable, _ documentation: String,
        _ constraint: Constraint<Value>? = nil, isRequired: Bool = false
    ) {
        let initial = Section()[keyPath: path].node
        self.init(
            name: name, expectation: Value.expectation,
            defaultText: isRequired || initial.isNull ? nil : initial.documentation,
            requirement: constraint?.requirement, documentation: documentation, isRequired: isRequired,
            schema: Value.schema + (constraint?.schema ?? []),
            read: { entry, section, reading in
                guard let value = Value(node: entry.value) else {
                    let problems = Value.problems(of: entry.value)
                    guard problems.isEmpty else { return problems.forEach { reading.note($0.reason, at: $0.origin) } }
                    return reading.note("expected \(Value.expectation), found \(entry.value.found)", at: entry.origin)
                }
                section[keyPath: path] = value
                if let constraint { reading.check(value, constraint, at: entry) }
            },
            write: { $0[keyPath: path].node })
    }

    /// A key with a section.
    init<Inner: ConfigurationSection>(
        _ name: String, section path: any WritableKeyPath<Section, Inner> & Sendable, _ documentation: String,
        isRequired: Bool = false
    ) {
        self.init(
            name: name, expectation: "a mapping of keys", defaultText: nil, requirement: nil,
            documentation: documentation, isRequired: isRequired, nested: Inner.fields.map(\.description),
            read: { $1[keyPath: path] = Inner(reading: $0.value, &$2) },
            write: { $0[keyPath: path].node })
    }

    /// A key with an optional section; an absent section is not written.
    init<Inner: ConfigurationSection>(
        _ name: String, optionalSection path: any WritableKeyPath<Section, Inner?> & Sendable, _ documentation: String
    ) {
        self.init(
            name: name, expectation: "a mapping of keys", defaultText: nil, requirement: nil,
            documentation: documentation, nested: Inner.fields.map(\.description),
            read: { $1[keyPath: path] = Inner(reading: $0.value, &$2) },
            write: { $0[keyPath: path]?.node })
    }
}

extension ConfigurationNode {
    /// The node as documentation writes it.
    fileprivate var documentation: String {
        switch content {
        case .scalar(let text, let isQuoted): isQuoted ? "\"\(text)\"" : text
        case .list(let elements): "[\(elements.map(\.documentation).joined(separator: ", "))]"
        case .mapping(let entries):
            "{\(entries.map { "\($0.key): \($0.value.documentation)" }.joined(separator: ", "))}"
        }
    }
}
