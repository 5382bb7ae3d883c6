import Models
import Training

extension ModelArguments.Precision: ConfigurationValue {}
extension DataArguments.LongRows: ConfigurationValue {}
extension DataFormat: ConfigurationValue {}
extension LearningRateSchedulerType: ConfigurationValue {}
extension BestModelMetric: ConfigurationValue {}
extension FederationArguments.Mode: ConfigurationValue {}
extension PrivacyArguments.DifferentialPrivacy.Mechanism: ConfigurationValue {}
extension PrivacyArguments.DifferentialPrivacy.Unit: ConfigurationValue {}

extension LaneCount: ConfigurationValue {
    static let expectation = "auto or a whole number"
    static let schema = [
        JSONValue.Member(
            "anyOf",
            .array([
                .object([.init("const", .string("auto"))]),
                .object([
                    .init("type", .string("integer")), .init("minimum", .int(range.lowerBound)),
                    .init("maximum", .int(range.upperBound)),
                ]),
            ]))
    ]

    init?(node: ConfigurationNode) {
        if node.text == "auto" {
            self = .automatic
        } else if let count = Int(node: node) {
            self = .fixed(count)
        } else {
            return nil
        }
    }

    var node: ConfigurationNode {
        switch self {
        case .automatic: "auto".node
        case .fixed(let count): count.node
        }
    }
}

/// A mapping of patterns to learning rates, in the order in which they are tried.
extension [ParameterLearningRate]: ConfigurationValue {
    static let expectation = "a mapping of regular expressions to numbers"
    static let schema: [JSONValue.Member] = [
        .init("type", .string("object")),
        .init("additionalProperties", .object([.init("type", .string("number")), .init("minimum", .int(0))])),
    ]

    init?(node: ConfigurationNode) {
        guard let entries = node.isNull ? [] : node.entries else { return nil }
        self = []
        for entry in entries {
            guard let value = Double(node: entry.value) else { return nil }
            append(ParameterLearningRate(pattern: entry.key, value: value))
        }
    }

    var node: ConfigurationNode {
        ConfigurationNode(.mapping(map { .init(key: $0.pattern, origin: .resolved, value: $0.value.node) }))
    }
}

/// A mapping of lorad's names to the names of a dataset's columns.
extension ColumnMapping: ConfigurationValue {
    static let expectation = "a mapping of names to columns"
    static let schema: [JSONValue.Member] = [
        .init("type", .string("object")),
        .init("propertyNames", .object([.init("enum", .array(names.map { .string($0) }))])),
        .init("additionalProperties", .object([.init("type", .string("string")), .init("minLength", .int(1))])),
    ]

    init?(node: ConfigurationNode) {
        guard let entries = node.isNull ? [] : node.entries else { return nil }
        let read = entries.compactMap { entry in entry.value.text.map { Entry(name: entry.key, column: $0) } }
        guard read.count == entries.count, let mapping = try? ColumnMapping(read) else { return nil }
        self = mapping
    }

    var node: ConfigurationNode {
        ConfigurationNode(.mapping(entries.map { .init(key: $0.name, origin: .resolved, value: $0.column.node) }))
    }

    static func problems(of node: ConfigurationNode) -> [(origin: ConfigurationOrigin, reason: String)] {
        var read: [Entry] = []
        return (node.entries ?? []).compactMap { entry in
            guard let column = entry.value.text else {
                return (entry.origin, "`\(entry.key)`: expected a column's name, found \(entry.value.found)")
            }
            let new = Entry(name: entry.key, column: column)
            defer { read.append(new) }
            return reason(against: new, after: read).map { (entry.origin, $0) }
        }
    }
}
