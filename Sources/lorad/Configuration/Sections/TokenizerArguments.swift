import Models

/// The `tokenizer` section: what the base model's vocabulary gains.
struct TokenizerArguments: JSONSection {
    var tree: [String: JSONValue] = [:]

    static let fields: [Field<Self>] = [
        Field(
            json: "add_tokens", "a list",
            "Tokens to add, as transformers' `add_tokens` does: texts, or mappings with `content` and the flags `special`, "
                + "`lstrip`, `rstrip`, `single_word` and `normalized`. Their ids follow the last one. New rows of the embeddings "
                + "begin as the mean of the others and train (`adapter.trainable_token_indices` unless the adapter names "
                + "something)."),
        Field(
            json: "embedding_rows", "a whole number",
            "Smallest number of embedding rows. Needed only to continue an adapter whose vocabulary was padded; folders that "
                + "lorad wrote record it."),
    ]

    static let rules: [SectionRule<Self>] = ["add_tokens", "embedding_rows"].map { key in
        SectionRule(key: key) { section in
            do {
                _ = key == "add_tokens" ? try section.tokens().count : try section.rows()
                return nil
            } catch {
                return "\(error)"
            }
        }
    }

    /// What the section describes.
    ///
    /// - Throws: `CommandError` naming what is wrong with a token.
    var additions: VocabularyAdditions {
        get throws { VocabularyAdditions(tokens: try tokens(), rows: try rows()) }
    }

    /// The section that describes these additions.
    init(_ additions: VocabularyAdditions) {
        if !additions.tokens.isEmpty { tree["add_tokens"] = .array(additions.tokens.map(\.setting)) }
        if additions.rows > 0 { tree["embedding_rows"] = .int(additions.rows) }
    }

    init() {}

    private func rows() throws -> Int {
        guard let value = tree["embedding_rows"], value != .null else { return 0 }
        guard let rows = value.intValue, (1...Int(Int32.max)).contains(rows) else {
            throw CommandError("expected a whole number of at least 1, found \(value.summary)")
        }
        return rows
    }

    private func tokens() throws -> [AddedToken] {
        guard let value = tree["add_tokens"], value != .null else { return [] }
        guard let values = value.arrayValue else {
            throw CommandError("expected a list of tokens, found \(value.summary)")
        }
        let tokens = try values.map(Self.token)
        var known: Set<[UInt8]> = []
        // Texts that look alike may have other bytes, and are other tokens then.
        if let twice = tokens.first(where: { !known.insert(Array($0.content.utf8)).inserted }) {
            throw CommandError("\"\(twice.content)\" is listed twice")
        }
        return tokens
    }

    private static let flags = ["special", "lstrip", "rstrip", "single_word", "normalized"]

    private static func token(_ value: JSONValue) throws -> AddedToken {
        if let content = value.stringValue, !content.isEmpty { return AddedToken(content: content) }
        guard let members = value.objectValue, let content = value["content"]?.stringValue, !content.isEmpty else {
            throw CommandError(
                "expected a text that is not empty, or a mapping with such a text as content, found \(value.summary)"
                    + (value.stringValue == nil ? "; put quotation marks around numbers, true, false and null" : ""))
        }
        if let unknown = members.map(\.key).first(where: { $0 != "content" && !flags.contains($0) }) {
            throw CommandError(
                "\(unknown) is no flag of a token (\"\(content)\"); the flags are \(flags.joined(separator: ", "))")
        }
        func flag(_ name: String) throws -> Bool? {
            guard let value = value[name] else { return nil }
            guard let flag = value.boolValue else {
                throw CommandError("\(name) of \"\(content)\" must be true or false, found \(value.summary)")
            }
            return flag
        }
        return AddedToken(
            content: content, isSingleWord: try flag("single_word") ?? false, stripsLeft: try flag("lstrip") ?? false,
            stripsRight: try flag("rstrip") ?? false, isNormalized: try flag("normalized"),
            isSpecial: try flag("special") ?? false)
    }
}

extension AddedToken {
    /// What a run file says for the token.
    fileprivate var setting: JSONValue {
        .object([
            .init("content", .string(content)), .init("special", .bool(isSpecial)), .init("lstrip", .bool(stripsLeft)),
            .init("rstrip", .bool(stripsRight)), .init("single_word", .bool(isSingleWord)),
            .init("normalized", .bool(isNormalized)),
        ])
    }
}
