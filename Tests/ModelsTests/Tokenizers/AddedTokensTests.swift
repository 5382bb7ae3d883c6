import Foundation
import Testing

@testable import Models

/// Tokens added to the tiny model's tokenizer, against Fixtures/new-tokens/expected.json.
@Suite("Tokens added to a tokenizer")
struct AddedTokensTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures").standardized
    private static let model = fixtures.appending(path: "tiny-llava/model")

    private func expected() throws -> JSONValue {
        let file = Self.fixtures.appending(path: "new-tokens/expected.json")
        return try JSONValue(parsing: Data(contentsOf: file), file: file.path)
    }

    private func token(_ value: JSONValue) -> AddedToken {
        let flag = { (name: String) in value[name]?.boolValue }
        return AddedToken(
            content: value.stringValue ?? value["content"]?.stringValue ?? "",
            isSingleWord: flag("single_word") ?? false, stripsLeft: flag("lstrip") ?? false,
            stripsRight: flag("rstrip") ?? false, isNormalized: flag("normalized"), isSpecial: flag("special") ?? false)
    }

    @Test("get transformers' ids and are found as transformers finds them", arguments: 0..<3)
    func encoded(index: Int) throws {
        let expected = try expected()
        let call = try #require(expected["calls"]?[index])
        let tokens = (call["tokens"]?.arrayValue ?? []).map(token)
        let tokenizer = try Tokenizer(folder: Self.model, adding: tokens)
        #expect(tokenizer.vocabularySize == call["length"]?.intValue)
        for (text, ids) in zip(expected["texts"]?.arrayValue ?? [], call["ids"]?.arrayValue ?? []) {
            let found = tokenizer.encode(try #require(text.stringValue), addSpecialTokens: false).ids
            #expect(found == ids.arrayValue?.compactMap(\.intValue), "\(text.summary)")
        }
    }

    @Test("are written as save_pretrained writes them, and read back", arguments: 0..<3)
    func written(index: Int) throws {
        let call = try #require(try expected()["calls"]?[index])
        let tokens = (call["tokens"]?.arrayValue ?? []).map(token)
        let folder = FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try TokenizerFiles.write(Self.model, adding: tokens, to: folder)
        let file = folder.appending(path: "tokenizer.json")
        let value = try JSONValue(parsing: Data(contentsOf: file), file: file.path)
        #expect(value["added_tokens"] == call["added_tokens"])
        let again = try Tokenizer(folder: folder)
        #expect(
            again.addedTokens.map(\.token)
                == (try Tokenizer(folder: Self.model, adding: tokens)).addedTokens.map(\.token))
        #expect(again.vocabularySize == call["length"]?.intValue)
    }
}
