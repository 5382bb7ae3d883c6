import Foundation

/// The tokens with a part to play that `tokenizer_config.json` or `special_tokens_map.json` name.
struct SpecialTokens {
    private(set) var bos: String?
    private(set) var eos: String?
    private(set) var pad: String?

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
        bos = try bos ?? Self.token("bos_token", section)
        eos = try eos ?? Self.token("eos_token", section)
        pad = try pad ?? Self.token("pad_token", section)
    }

    /// A token is named by its content, or described by an object that has it.
    private static func token(_ key: String, _ section: TokenizerSection) throws -> String? {
        if case .object? = section.value[key] { return try section.section(key).string("content") }
        return try section.optionalString(key)
    }
}
