import Foundation

/// The tokens that `tokenizer_config.json` or `special_tokens_map.json` name: those with a part to play, and those that a
/// tokenizer has beside the ones of `tokenizer.json`.
struct SpecialTokens {
    /// The keys of tokens with a part to play, in the order in which transformers adds them.
    private static let parts = [
        "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
    ]

    private var named: [String: AddedToken] = [:]
    /// The entries of `added_tokens_decoder`, by id.
    private var listed: [AddedToken] = []
    /// Those of `extra_special_tokens` and `additional_special_tokens`.
    private var further: [AddedToken] = []

    /// The token that begins a text.
    var bos: String? { named["bos_token"]?.content }
    /// The token that ends a text.
    var eos: String? { named["eos_token"]?.content }
    /// The token that fills batches up.
    var pad: String? { named["pad_token"]?.content }

    /// No special tokens.
    init() {}

    /// Reads the files that are there; the first that names a token counts.
    init(folder: URL) throws {
        for name in ["tokenizer_config.json", "special_tokens_map.json"] {
            let file = folder.appendingPathComponent(name)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            try add(try Data(contentsOf: file), file: file.path)
        }
    }

    /// Takes the tokens of one file that are not known yet.
    mutating func add(_ data: Data, file: String) throws {
        let section = TokenizerSection(file: file, path: "document", value: try JSONValue(parsing: data, file: file))
        for key in Self.parts where named[key] == nil { named[key] = try Self.token(key, section) }
        if listed.isEmpty { listed = try Self.listed(section) }
        further += try Self.further(section)
    }

    /// The added tokens of `tokenizer.json` with the flags that the configuration gives them, and behind them those that
    /// only the configuration has, in the order in which transformers (5.24) gives them the next ids.
    func added(to tokens: [AddedToken]) -> [AddedToken] {
        var joined = tokens
        var places: [[UInt8]: Int] = [:]
        for (index, token) in tokens.enumerated() { places[Array(token.content.utf8)] = index }
        func add(_ token: AddedToken, replaces: Bool) {
            let content = Array(token.content.utf8)
            if let place = places[content] {
                if replaces { joined[place] = token }
            } else {
                places[content] = joined.count
                joined.append(token)
            }
        }
        for token in listed { add(token, replaces: true) }
        for token in Self.parts.compactMap({ named[$0] }) + further { add(token, replaces: false) }
        return joined
    }

    /// A token is named by its content, or described by an object that has it.
    private static func token(_ key: String, _ section: TokenizerSection) throws -> AddedToken? {
        if case .object? = section.value[key] {
            return try AddedToken(configured: section.section(key), isSpecial: true)
        }
        return try section.optionalString(key).map(AddedToken.init(special:))
    }

    private static func listed(_ section: TokenizerSection) throws -> [AddedToken] {
        guard let value = section.value["added_tokens_decoder"], !value.isNull else { return [] }
        let entries = try section.section("added_tokens_decoder")
        let tokens = try (entries.value.objectValue ?? []).map { member -> (id: Int, token: AddedToken) in
            guard let id = Int(member.key) else { throw entries.corrupt("expected token ids, found '\(member.key)'") }
            let entry = TokenizerSection(
                file: entries.file, path: "\(entries.path).\(member.key)", value: member.value)
            return (id, try AddedToken(configured: entry))
        }
        return tokens.sorted { $0.id < $1.id }.map { $0.token }
    }

    /// A list of tokens, or an object of some with names of their own.
    private static func further(_ section: TokenizerSection) throws -> [AddedToken] {
        try ["extra_special_tokens", "additional_special_tokens"].flatMap { key -> [AddedToken] in
            let found = section.value[key]
            let values = found?.objectValue?.map(\.value) ?? found?.arrayValue ?? []
            return try values.map { value in
                if let content = value.stringValue { return AddedToken(special: content) }
                let entry = TokenizerSection(file: section.file, path: "\(section.path).\(key)", value: value)
                return try AddedToken(configured: entry)
            }
        }
    }
}
