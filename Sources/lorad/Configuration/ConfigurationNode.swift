/// A part of a run file, with where it comes from.
struct ConfigurationNode: Sendable {
    enum Content: Sendable {
        case scalar(String, isQuoted: Bool)
        case list([ConfigurationNode])
        case mapping([Entry])
    }

    /// A key and its value.
    struct Entry: Sendable {
        let key: String
        let origin: ConfigurationOrigin
        var value: ConfigurationNode
    }

    var content: Content
    let origin: ConfigurationOrigin

    init(_ content: Content, _ origin: ConfigurationOrigin = .resolved) {
        self.content = content
        self.origin = origin
    }

    /// The entries, or `nil` if this is no mapping.
    var entries: [Entry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    /// The text of a scalar, quoted or not, or `nil` if this is something else or nothing.
    var text: String? {
        if case .scalar(let text, _) = content, !isNull { text } else { nil }
    }

    /// The text of an unquoted scalar: what may stand for a number or a boolean.
    var plainText: String? {
        if case .scalar(let text, isQuoted: false) = content { text } else { nil }
    }

    /// Whether nothing is given.
    var isNull: Bool { plainText.map { ["", "~", "null", "Null", "NULL"].contains($0) } ?? false }

    /// The value of a dotted key, or `nil` if absent.
    subscript(keys: some Sequence<String>) -> Entry? {
        var found: Entry?
        var node: ConfigurationNode? = self
        for key in keys {
            found = node?.entries?.first { $0.key == key }
            node = found?.value
        }
        return found
    }

    /// Where a dotted key is given, or else the nearest section around it.
    func origin(of key: String) -> ConfigurationOrigin {
        let keys = key.split(separator: ".").map(String.init)
        let given = keys.indices.reversed().lazy.compactMap { self[keys[...$0]]?.origin }
        return given.first ?? origin
    }

    /// What this is, for messages.
    var found: String {
        switch content {
        case _ where isNull: "nothing"
        case .scalar(let text, isQuoted: true): "the text \"\(text)\""
        case .scalar(let text, isQuoted: false): text
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}
