import Models

/// All keys of a run file as the code declares them: what `lorad config schema` prints.
struct ConfigurationReference {
    /// A mapping of the run file.
    struct Section {
        /// Its dotted key; empty for the file itself.
        var key: String
        var documentation: String
        /// The keys that hold values.
        var fields: [FieldDescription]
    }

    let fields: [FieldDescription]

    init(_ fields: [FieldDescription] = RunConfiguration.fields.map(\.description)) { self.fields = fields }

    /// The sections, each before those within.
    var sections: [Section] { sections(fields, key: "", documentation: "") }

    private func sections(_ fields: [FieldDescription], key: String, documentation: String) -> [Section] {
        let values = fields.filter(\.nested.isEmpty)
        let here = Section(key: key, documentation: documentation, fields: values)
        let inner = fields.filter { !$0.nested.isEmpty }.flatMap { field in
            sections(
                field.nested, key: key.isEmpty ? field.name : "\(key).\(field.name)", documentation: field.documentation
            )
        }
        return (values.isEmpty ? [] : [here]) + inner
    }
}

extension ConfigurationReference {
    /// The keys by section, a line each, to be read on a terminal.
    var text: String {
        sections.map { section in
            var table = TextTable(columns: [.init(title: "key"), .init(title: "default"), .init(title: "what it is")])
            table.rows = section.fields.map { field in
                [.init(field.name), .init(field.standing), .init("\(field.documentation) (\(field.wording))")]
            }
            let title = section.key.isEmpty ? "" : "\(section.key): \(section.documentation)\n"
            return title + table.lines().map { "  " + $0 }.joined(separator: "\n")
        }
        .joined(separator: "\n\n")
    }

    /// The page `docs/configuration.md`.
    var markdown: String {
        let page = """
            # Keys of a run file

            `lorad config schema --markdown` prints this page. `lorad config check RUN.yaml` reports errors and unusual settings in a
            run file, `lorad config schema --json-schema` is for editors, and `--set section.key=value` overrides a key for one command.
            Unknown keys are errors. [Recipes](recipes.md) suggest values to start with.
            """
        return ([page] + sections.map(\.markdown)).joined(separator: "\n\n") + "\n"
    }
}

extension ConfigurationReference.Section {
    fileprivate var markdown: String {
        let title = key.isEmpty ? "## The file" : "## `\(key)`\n\(documentation)"
        let rows = fields.map { field in
            [
                "`\(field.name)`", field.wording,
                field.isRequired ? "required" : field.defaultText.map { "`\($0)`" } ?? "",
                field.documentation,
            ].map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")
        }
        let lines = ["key | what is expected | default | meaning", "--- | --- | --- | ---"] + rows
        return title + "\n\n" + lines.map { "| \($0) |" }.joined(separator: "\n")
    }
}

extension FieldDescription {
    /// What is expected, with what it must fulfil: `a number, greater than 0`.
    fileprivate var wording: String {
        guard let requirement else { return expectation }
        return "\(expectation); must \(requirement)"
    }

    /// The default, or that there must be a value.
    fileprivate var standing: String { isRequired ? "(required)" : defaultText ?? "-" }
}
