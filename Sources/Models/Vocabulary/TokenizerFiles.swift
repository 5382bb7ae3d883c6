public import Foundation
import Tensors

/// The files of a tokenizer with tokens added, as transformers' `save_pretrained` writes them.
public enum TokenizerFiles {
    private static let copied = ["special_tokens_map.json", "chat_template.jinja", "chat_template.json"]

    /// Writes the tokenizer of a model folder with tokens added into another folder, `tokenizer.json` last.
    ///
    /// - Throws: `ModelError` for a damaged tokenizer, `TensorError.writeFailed`.
    public static func write(_ model: URL, adding tokens: [AddedToken], to folder: URL) throws {
        let tokenizer = try Tokenizer(folder: model, adding: tokens)
        for name in copied {
            guard let data = FileManager.default.contents(atPath: model.appending(path: name).path) else { continue }
            try AtomicFile.write(data, to: folder.appending(path: name).path)
        }
        let configuration = model.appending(path: "tokenizer_config.json")
        if let data = FileManager.default.contents(atPath: configuration.path) {
            let value = try JSONValue(parsing: data, file: configuration.path)
            try AtomicFile.write(
                listing(tokens, tokenizer, in: value).text(indent: 2) + "\n",
                to: folder.appending(path: configuration.lastPathComponent).path)
        }
        let file = model.appending(path: "tokenizer.json")
        guard let data = FileManager.default.contents(atPath: file.path) else {
            throw ModelError(.fileNotFound, "\(file.path): no such file; tokens can only be added to a tokenizer.json")
        }
        try AtomicFile.write(
            joined(data, file: file.path, tokenizer), to: folder.appending(path: file.lastPathComponent).path)
    }

    /// The tokenizer's text with another list of added tokens; everything else keeps its bytes.
    private static func joined(_ data: Data, file: String, _ tokenizer: Tokenizer) throws -> Data {
        let list = tokenizer.addedTokens.map { $0.token.member(id: $0.id) }
        let text = Data(JSONValue.array(list).text(indent: 2).utf8)
        var reader = try JSONReader(data, file: file)
        var found: Range<Int>?
        var isEmpty = true
        try reader.forEachMember { reader, key in
            isEmpty = false
            let isList = key.elementsEqual("added_tokens".utf8)
            _ = reader.peek()
            let start = reader.offset
            try reader.skipValue()
            if isList { found = start..<reader.offset }
        }
        if let found { return data.prefix(found.lowerBound) + text + data.dropFirst(found.upperBound) }
        guard let brace = data.firstIndex(of: UInt8(ascii: "{")) else {
            throw ModelError(.corruptFile, "\(file): expected an object")
        }
        return data[...brace] + Data("\"added_tokens\": ".utf8) + text + Data((isEmpty ? "" : ",").utf8)
            + data[data.index(after: brace)...]
    }

    /// The tokenizer's configuration with the tokens in `added_tokens_decoder`, where it has one.
    private static func listing(_ tokens: [AddedToken], _ tokenizer: Tokenizer, in value: JSONValue) -> JSONValue {
        guard let members = value.objectValue, let listed = value["added_tokens_decoder"]?.objectValue else {
            return value
        }
        let contents = Set(tokens.map(\.content))
        let added = tokenizer.addedTokens.filter { contents.contains($0.token.content) }
        let ids = Set(added.map { "\($0.id)" })
        let kept: [JSONValue.Member] = listed.filter { !ids.contains($0.key) }
        let entries: [JSONValue.Member] = kept + added.map { .init("\($0.id)", $0.token.member(id: nil)) }
        return .object(members.map { $0.key == "added_tokens_decoder" ? .init($0.key, .object(entries)) : $0 })
    }
}

extension AddedToken {
    /// The entry of `tokenizer.json`, or without an id that of `added_tokens_decoder`.
    fileprivate func member(id: Int?) -> JSONValue {
        .object(
            (id.map { [.init("id", .int($0))] } ?? []) + [
                .init("content", .string(content)), .init("single_word", .bool(isSingleWord)),
                .init("lstrip", .bool(stripsLeft)), .init("rstrip", .bool(stripsRight)),
                .init("normalized", .bool(isNormalized)), .init("special", .bool(isSpecial)),
            ])
    }
}
