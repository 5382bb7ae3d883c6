import Models

extension ConfigurationReference {
    /// A list of all keys with what is known of each, for programs.
    var json: JSONValue {
        .array(
            sections.flatMap { section in
                section.fields.map { field in
                    .object([
                        .init("key", .string(section.key.isEmpty ? field.name : "\(section.key).\(field.name)")),
                        .init("expectation", .string(field.expectation)),
                        .init("requirement", field.requirement.json), .init("default", field.defaultText.json),
                        .init("required", .bool(field.isRequired)),
                        .init("documentation", .string(field.documentation)),
                    ])
                }
            })
    }

    /// A JSON Schema (draft 2020-12) that editors complete and check run files by.
    var jsonSchema: JSONValue {
        .object(
            [
                .init("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
                .init("title", .string("lorad run file")),
            ] + Self.object(fields, under: ""))
    }

    /// A mapping of just these keys. What a federated run's coordinator need not have is not required.
    private static func object(_ fields: [FieldDescription], under path: String) -> [JSONValue.Member] {
        let required = fields.filter { $0.isRequired && !RunConfiguration.dataOfWorkers.contains(path + $0.name) }
        return [
            .init("type", .string("object")), .init("additionalProperties", .bool(false)),
            .init("required", .array(required.map { .string($0.name) })),
            .init("properties", .object(fields.map { .init($0.name, .object(members(of: $0, under: path))) })),
        ]
    }

    private static func members(of field: FieldDescription, under path: String) -> [JSONValue.Member] {
        let value = field.nested.isEmpty ? field.schema : object(field.nested, under: "\(path)\(field.name).")
        return [.init("description", .string(field.documentation))] + value
    }
}

extension String? {
    /// The text, or null.
    var json: JSONValue { map { .string($0) } ?? .null }
}
