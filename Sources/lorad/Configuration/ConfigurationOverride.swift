/// A `--set a.b.c=value` of the command line, laid over the run file.
struct ConfigurationOverride {
    private let text: String
    private let keys: [String]
    private let value: ConfigurationNode

    /// Parses `a.b.c=value`, the value as YAML.
    ///
    /// - Throws: `ConfigurationError` that names the `--set`.
    init(_ text: String) throws {
        self.text = text
        guard let equals = text.firstIndex(of: "=") else {
            throw Self.error(text, "expected key=value, such as training.seed=1")
        }
        keys = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard keys.allSatisfy({ !$0.isEmpty }) else {
            throw Self.error(text, "expected keys joined by dots before `=`, such as training.seed=1")
        }
        value = try ConfigurationNode(yaml: String(text[text.index(after: equals)...])) { _ in .override(text) }
    }

    /// The run file with this value in it.
    ///
    /// - Throws: `ConfigurationError` if a key on the way is no mapping.
    func applied(to root: ConfigurationNode) throws -> ConfigurationNode { try replace(keys[...], in: root) }

    private func replace(_ keys: ArraySlice<String>, in node: ConfigurationNode) throws -> ConfigurationNode {
        guard let key = keys.first else { return value }
        guard var entries = node.isNull ? [] : node.entries else {
            let parent = self.keys[..<keys.startIndex].joined(separator: ".")
            throw Self.error(text, "\(parent) is \(node.found) (\(node.origin)), not a mapping of keys")
        }
        let origin = ConfigurationOrigin.override(text)
        let index = entries.firstIndex { $0.key == key }
        let old = index.map { entries[$0].value } ?? ConfigurationNode(.mapping([]), origin)
        let entry = ConfigurationNode.Entry(key: key, origin: origin, value: try replace(keys.dropFirst(), in: old))
        if let index { entries[index] = entry } else { entries.append(entry) }
        return ConfigurationNode(.mapping(entries), node.origin)
    }

    private static func error(_ text: String, _ reason: String) -> ConfigurationError {
        ConfigurationError([.init(origin: .override(text), key: nil, reason: reason)])
    }
}
