public import Foundation

extension Tokenizer {
    /// Loads the tokenizer of a model's folder: `tokenizer.json`, or CLIP's `vocab.json` and `merges.txt`; and, if
    /// present, `tokenizer_config.json` and `special_tokens_map.json`. These two give the tokens that begin, end and
    /// pad texts; tokens that occur only there become added tokens, as in transformers.
    ///
    /// - Parameter tokens: tokens to add after all of these, as transformers' `add_tokens` does.
    /// - Throws: ``ModelError`` that names the file and section: `fileNotFound`, `corruptFile`, or `unsupported` if the
    ///   file needs something that lorad does not support.
    public init(folder: URL, adding tokens: [AddedToken] = []) throws {
        let file = folder.appendingPathComponent("tokenizer.json")
        guard FileManager.default.fileExists(atPath: file.path) else {
            if let file = try ClipTokenizerFiles.tokenizer(in: folder) {
                try self.init(file, specialTokens: SpecialTokens(folder: folder), adding: tokens)
                return
            }
            let hasOther = FileManager.default.fileExists(atPath: folder.appendingPathComponent("tokenizer.model").path)
            throw ModelError(
                .fileNotFound,
                "\(file.path): no such file; "
                    + (hasOther
                        ? "lorad does not read tokenizer.model: load it with transformers and save it again as "
                            + "tokenizer.json"
                        : "a model folder needs its tokenizer: is the download complete?"))
        }
        let data = try Data(contentsOf: file, options: .mappedIfSafe)
        try self.init(
            TokenizerFile(data, name: file.path), specialTokens: try SpecialTokens(folder: folder), adding: tokens)
    }

    /// Loads a tokenizer from the contents of its files.
    ///
    /// - Parameters:
    ///   - json: The contents of `tokenizer.json`.
    ///   - configuration: The contents of `tokenizer_config.json`, if there is one.
    ///   - name: What messages call the file.
    /// - Throws: ``ModelError`` as ``init(folder:)`` does.
    public init(json: Data, configuration: Data? = nil, name: String = "tokenizer.json") throws {
        var specialTokens = SpecialTokens()
        if let configuration { try specialTokens.add(configuration, file: "tokenizer_config.json") }
        try self.init(TokenizerFile(json, name: name), specialTokens: specialTokens)
    }
}
