import Models

/// A section whose keys are handed on as they are.
protocol JSONSection: ConfigurationSection {
    /// The keys that are given.
    var tree: [String: JSONValue] { get set }
}

extension Field where Section: JSONSection {
    /// A key that is handed on as it is; the adapter method checks its value.
    ///
    /// - Parameter constraint: What a text must fulfil.
    init(
        json name: String, _ expectation: String, default defaultText: String? = nil, _ documentation: String,
        _ constraint: Constraint<String>? = nil
    ) {
        self.init(
            name: name, expectation: expectation, defaultText: defaultText, requirement: constraint?.requirement,
            documentation: documentation, schema: Self.schema(expectation) + (constraint?.schema ?? []),
            read: { entry, section, reading in
                section.tree[name] = entry.value.json
                guard let constraint, let text = entry.value.text else { return }
                reading.check(text, constraint, at: entry)
            },
            write: { section in section.tree[name].map { ConfigurationNode(json: $0) } })
    }

    /// JSON's types by the words of an expectation; any of them may be null.
    static var types: [(String, String)] {
        [
            ("regular expression", "string"), ("text", "string"), ("true", "boolean"), ("list", "array"),
            ("mapping", "object"), ("whole number", "integer"), ("a number", "number"),
        ]
    }

    private static func schema(_ expectation: String) -> [JSONValue.Member] {
        let types = Self.types.filter { expectation.contains($0.0) }.map(\.1) + ["null"]
        return [.init("type", .array(types.map { .string($0) }))]
    }
}
