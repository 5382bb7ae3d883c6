import Models

extension Field where Section == AdapterArguments {
    /// A key that is handed on as it is; the adapter method checks its value.
    init(json name: String, _ expectation: String, default defaultText: String? = nil, _ documentation: String) {
        self.init(
            name: name, expectation: expectation, defaultText: defaultText, requirement: nil,
            documentation: documentation,
            read: { entry, section, _ in section.tree[name] = entry.value.json },
            write: { section in section.tree[name].map { ConfigurationNode(json: $0) } })
    }
}
