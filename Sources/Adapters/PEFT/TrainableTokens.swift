import Models

/// `trainable_token_indices`: rows of embeddings that train by themselves.
public enum TrainableTokens: Sendable, Equatable {
    /// Rows of the input embedding; an output embedding that is tied to it has the same ones.
    case inputEmbedding([Int])
    /// Rows by the ends of modules' paths, in the order written.
    case modules([PatternEntry<[Int]>])

    /// PEFT's value: a list, or a mapping from names to lists.
    var setting: JSONValue {
        let list = { (indices: [Int]) in JSONValue.array(indices.map { .int($0) }) }
        return switch self {
        case .inputEmbedding(let indices): list(indices)
        case .modules(let entries): .object(entries.map { .init($0.pattern, list($0.value)) })
        }
    }
}

extension TrainableTokens {
    /// Reads the setting; `nil` where it is absent or names no token.
    ///
    /// - Throws: `AdapterError` naming what is no list of token ids, each at least 0 and given once.
    init?(_ reader: SettingsReader, _ key: String) throws {
        guard let value = reader.value(key), value != .bool(false) else { return nil }
        let expected = "a list of token ids, or a mapping from modules to such lists"
        switch value {
        case .array(let values):
            guard !values.isEmpty else { return nil }
            self = .inputEmbedding(try Self.indices(values, reader, key, expected))
        case .object(let members):
            let entries = try members.map { member in
                guard let values = member.value.arrayValue, !member.key.isEmpty else {
                    throw reader.mistyped("\(key).\(member.key)", "a list of token ids", member.value)
                }
                return PatternEntry(
                    member.key, try Self.indices(values, reader, "\(key).\(member.key)", "a list of token ids"))
            }
            guard entries.contains(where: { !$0.value.isEmpty }) else { return nil }
            self = .modules(entries.filter { !$0.value.isEmpty })
        default: throw reader.mistyped(key, expected, value)
        }
    }

    private static func indices(
        _ values: [JSONValue], _ reader: SettingsReader, _ key: String, _ expected: String
    ) throws -> [Int] {
        var seen: Set<Int> = []
        return try values.map { value in
            guard let index = value.intValue else {
                throw reader.invalid(key, "must be \(expected), but contains \(value.summary)")
            }
            guard (0...Int(Int32.max)).contains(index) else {
                throw reader.invalid(key, "contains \(index), which is not a token id: ids start at 0")
            }
            guard seen.insert(index).inserted else { throw reader.invalid(key, "names token \(index) twice") }
            return index
        }
    }
}
