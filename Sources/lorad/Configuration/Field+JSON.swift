import Models

extension Field where Section == AdapterArguments {
    /// A key that is handed on as it is; the adapter method checks its value.
    ///
    /// - Parameter constraint: What a text must fulfil.
    init(
        json name: String, _ expectation: String, default defaultText: String? = nil, _ documentation: String,
        _ constraint: Constraint<String>? = nil
    ) {
        self.init(
            name: name, expectation: expectation, defaultText: defaultText, requirement: constraint?.requirement,
            documentation: documentation,
            read: { entry, section, reading in
                section.tree[name] = entry.value.json
                guard let constraint, let text = entry.value.text else { return }
                reading.check(text, constraint, at: entry)
            },
            write: { section in section.tree[name].map { ConfigurationNode(json: $0) } })
    }
}
