/// A mapping of the run file whose keys are declared as data, from which it is read, checked, written and documented.
protocol ConfigurationSection: Equatable, Sendable {
    /// All defaults.
    init()

    /// The keys, in the order in which they are documented and written.
    static var fields: [Field<Self>] { get }

    /// Combinations that cannot be.
    static var rules: [SectionRule<Self>] { get }
}

extension ConfigurationSection {
    static var rules: [SectionRule<Self>] { [] }

    /// Reads the section. Problems are noted, and invalid values keep their default.
    init(reading node: ConfigurationNode, _ reading: inout ConfigurationReading) {
        self.init()
        guard let entries = node.isNull ? [] : node.entries else {
            reading.note("expected a mapping of keys, found \(node.found)", at: node.origin)
            return
        }
        let known = reading.problems.count
        read(entries, &reading)
        for field in Self.fields where field.isRequired && !reading.waives(field.name) {
            guard !entries.contains(where: { $0.key == field.name }) else { continue }
            let hint = field.expectation == Bool.expectation ? ": set \(Bool.expectation)" : ""
            reading.inside(field.name) { $0.note("is required but missing\(hint)", at: node.origin) }
        }
        if reading.problems.count == known { checkRules(node, &reading) }
    }

    private mutating func read(_ entries: [ConfigurationNode.Entry], _ reading: inout ConfigurationReading) {
        for entry in entries {
            if let field = Self.fields.first(where: { $0.name == entry.key }) {
                reading.inside(entry.key) { field.read(entry, &self, &$0) }
            } else {
                reading.noteUnknown(entry, among: Self.fields.map(\.name))
            }
        }
    }

    private func checkRules(_ node: ConfigurationNode, _ reading: inout ConfigurationReading) {
        for rule in Self.rules {
            guard let reason = rule.reason(self) else { continue }
            let origin = node[rule.key.split(separator: ".").map(String.init)]?.origin ?? node.origin
            reading.inside(rule.key) { $0.note(reason, at: origin) }
        }
    }

    /// A node that reads back as this section, with every key.
    var node: ConfigurationNode {
        let entries = Self.fields.compactMap { field in
            field.write(self).map { ConfigurationNode.Entry(key: field.name, origin: .resolved, value: $0) }
        }
        return ConfigurationNode(.mapping(entries))
    }
}

/// A combination of keys that cannot be.
struct SectionRule<Section>: Sendable {
    /// The key that a violation is reported at, dotted where it is in a section within.
    let key: String
    /// Why the section's values do not go together, or `nil` if they do.
    let reason: @Sendable (Section) -> String?
}
