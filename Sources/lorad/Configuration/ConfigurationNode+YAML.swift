import Yams

extension ConfigurationNode {
    /// Reads YAML.
    ///
    /// - Parameter origin: Where a line of the text comes from.
    /// - Throws: `ConfigurationError` if it is not YAML, or more than a run file can be.
    init(yaml: String, origin: (_ line: Int) -> ConfigurationOrigin) throws {
        try YAMLBudget.checkText(yaml, origin)
        do {
            guard let node = try Yams.compose(yaml: yaml) else {
                self.init(.scalar("", isQuoted: false), origin(1))
                return
            }
            var budget = YAMLBudget()
            try self.init(node, origin, &budget)
        } catch let error as YamlError {
            throw ConfigurationError([error.problem(origin)])
        }
    }

    private init(_ node: Node, _ origin: (Int) -> ConfigurationOrigin, _ budget: inout YAMLBudget) throws {
        let here = origin(node.mark?.line ?? 1)
        try budget.enter(here)
        defer { budget.leave() }
        switch node {
        case .scalar(let scalar):
            self.init(.scalar(scalar.string, isQuoted: scalar.style != .plain && scalar.style != .any), here)
        case .sequence(let sequence):
            self.init(.list(try sequence.map { try ConfigurationNode($0, origin, &budget) }), here)
        case .mapping(let mapping):
            self.init(.mapping(try mapping.map { try Self.entry($0.key, $0.value, origin, &budget) }), here)
        case .alias:
            throw ConfigurationError([
                .init(
                    origin: here, key: nil,
                    reason: "an alias of an anchor that does not exist")
            ])
        }
    }

    private static func entry(
        _ key: Node, _ value: Node, _ origin: (Int) -> ConfigurationOrigin, _ budget: inout YAMLBudget
    ) throws -> Entry {
        let here = origin(key.mark?.line ?? 1)
        guard let name = key.scalar?.string else {
            throw ConfigurationError([
                .init(origin: here, key: nil, reason: "a key must be text, found a list or mapping")
            ])
        }
        return Entry(key: name, origin: here, value: try ConfigurationNode(value, origin, &budget))
    }

    /// The node as YAML text.
    func yaml() throws -> String { try Yams.serialize(node: yamsNode, allowUnicode: true) }

    private var yamsNode: Node {
        switch content {
        case .scalar(let text, let isQuoted):
            .scalar(Node.Scalar(text, .implicit, isQuoted ? .doubleQuoted : .any))
        case .list(let elements): .sequence(Node.Sequence(elements.map(\.yamsNode), .implicit, .flow))
        case .mapping(let entries):
            .mapping(Node.Mapping(entries.map { ($0.key.node.yamsNode, $0.value.yamsNode) }, .implicit, .block))
        }
    }
}

extension YamlError {
    /// What is wrong and in which line.
    fileprivate func problem(_ origin: (Int) -> ConfigurationOrigin) -> ConfigurationError.Problem {
        switch self {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let details = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
            return .init(origin: origin(mark.line), key: nil, reason: "not valid YAML: \(problem)\(details)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { "`\($0)`" }.joined(separator: ", ")
            return .init(origin: origin(context.mark.line), key: nil, reason: "\(keys) given more than once")
        default: return .init(origin: origin(1), key: nil, reason: "not valid YAML: \(self)")
        }
    }
}
