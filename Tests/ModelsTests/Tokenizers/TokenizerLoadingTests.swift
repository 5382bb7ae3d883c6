import Foundation
import Testing

@testable import Models

@Suite("Tokenizer loading") struct TokenizerLoadingTests {
    @Test("A folder without a tokenizer is an error that names the file")
    func namesMissingFile() throws {
        let error = try #require(throws: ModelError.self) { try Tokenizer(folder: URL(fileURLWithPath: "/nowhere")) }
        #expect(error.code == .fileNotFound)
        #expect(error.message.contains("/nowhere/tokenizer.json"))
    }

    @Test(
        "What lorad does not do is refused by section and type",
        arguments: [
            (#","normalizer":{"type":"Precompiled"}"#, "", "normalizer: type 'Precompiled'"),
            (#","pre_tokenizer":{"type":"UnicodeScripts"}"#, "", "pre_tokenizer: type 'UnicodeScripts'"),
            (#","post_processor":{"type":"Odd"}"#, "", "post_processor: type 'Odd'"),
            (#","decoder":{"type":"Sequence","decoders":[{"type":"CTC"}]}"#, "", "decoder.decoders[0]: type 'CTC'"),
            ("", #","dropout":0.1"#, "model: dropout"),
            (
                #","normalizer":{"type":"Replace","pattern":{"Regex":"(?<=a)b"},"content":""}"#, "",
                "normalizer.pattern: the pattern"
            ),
        ])
    func refusesUnsupported(sections: String, model: String, message: String) throws {
        let json = TokenizerFixture.json(sections, model: model)
        let error = try #require(throws: ModelError.self) { try Tokenizer(json: json, name: "odd.json") }
        #expect(error.code == .unsupported)
        #expect(error.message.hasPrefix("odd.json: \(message)"))
    }

    @Test("Another kind of model is refused by its type")
    func refusesOtherModels() throws {
        let json = Data(#"{"model":{"vocab":[["a",-1.5]],"unk_id":0,"type":"Unigram"}}"#.utf8)
        let error = try #require(throws: ModelError.self) { try Tokenizer(json: json) }
        #expect(error.code == .unsupported)
        #expect(error.message.contains("model: type 'Unigram'"))
    }

    @Test(
        "A malformed file is corrupt, and never more than an error",
        arguments: [
            "", "[]", "{", "{}", #"{"model":1}"#, #"{"model":{"type":"BPE"}}"#, #"{"model":{"type":"BPE","vocab":{}}}"#,
            #"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}"#,
            #"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a a"]}}"#,
            #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}}"#,
            #"{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}"#,
            #"{"model":{"type":"BPE","vocab":{"a":4294967295},"merges":[]}}"#,
            #"{"model":{"type":"BPE","vocab":{"a":0.5},"merges":[]}}"#,
            #"{"model":{"type":"BPE","vocab":{"a\ud800":0},"merges":[]}}"#,
            #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"decoder":3}"#,
            #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"content":"x"}]}"#,
            #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[]}} x"#,
            #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"decoder":{}}"#,
        ])
    func refusesMalformed(json: String) throws {
        let error = try #require(throws: ModelError.self) { try Tokenizer(json: Data(json.utf8)) }
        #expect(error.code == .corruptFile)
    }

    @Test("A file cut off anywhere is corrupt")
    func refusesTruncated() throws {
        let json = try Data(contentsOf: TokenizerFixture.folder.appendingPathComponent("clip/tokenizer.json"))
        for count in stride(from: 0, to: json.count - 2, by: 997) {
            let error = try #require(throws: ModelError.self) { try Tokenizer(json: json.prefix(count)) }
            #expect(error.code == .corruptFile)
        }
    }

    @Test("Nesting without end is an error, not an overflow")
    func refusesDeepNesting() throws {
        let json = Data((#"{"decoder":"# + String(repeating: "[", count: 100_000)).utf8)
        let error = try #require(throws: ModelError.self) { try Tokenizer(json: json) }
        #expect(error.code == .corruptFile)
    }

    @Test("Special tokens are read from either form of the configuration")
    func readsSpecialTokens() throws {
        let configuration = Data(
            #"{"bos_token":"a","eos_token":{"content":"ab","lstrip":false},"pad_token":null}"#.utf8)
        let tokenizer = try Tokenizer(json: TokenizerFixture.json(), configuration: configuration)
        #expect(tokenizer.bosToken == "a")
        #expect(tokenizer.bosTokenID == 0)
        #expect(tokenizer.eosToken == "ab")
        #expect(tokenizer.eosTokenID == 2)
        #expect(tokenizer.padToken == nil)
        #expect(tokenizer.padTokenID == nil)
    }

    @Test("Tokens that only the configuration has get the ids and flags that transformers 5.24 gives them")
    func addsConfiguredTokens() throws {
        let flags = #""single_word":false,"rstrip":false,"normalized":false"#
        let json = TokenizerFixture.json(
            #","added_tokens":[{"id":3,"content":"<x>","lstrip":false,"special":false,\#(flags)}]"#)
        let configuration = Data(
            """
            {"added_tokens_decoder":{
               "3":{"content":"<x>","lstrip":true,"special":true,\(flags)},
               "10":{"content":"<z>","lstrip":false,"special":false,\(flags)},
               "4":{"content":"<y>","lstrip":false,"special":false,\(flags)}},
             "eos_token":"<eos>","unk_token":"<unk>","pad_token":{"content":"<pad>"},
             "extra_special_tokens":{"loc_token":"<loc>"},"additional_special_tokens":["<loc2>"]}
            """.utf8)
        let tokenizer = try Tokenizer(json: json, configuration: configuration)
        let tokens = ["<x>", "<y>", "<z>", "<eos>", "<unk>", "<pad>", "<loc>", "<loc2>"]
        #expect(tokens.compactMap { tokenizer.id(of: $0) } == Array(3...10))
        #expect(tokenizer.eosTokenID == 6 && tokenizer.padTokenID == 8)
        #expect(tokenizer.encode("a<y>b <x>").ids == [0, 4, 1, 3])
        #expect(tokenizer.decode([4, 6, 3]) == "<y>")
    }

    @Test("A token that the configuration describes badly is corrupt", arguments: ["3", #"{"x":{}}"#, #"{"3":{}}"#])
    func refusesBadConfiguredTokens(entries: String) throws {
        let configuration = Data(#"{"added_tokens_decoder":\#(entries)}"#.utf8)
        let error = try #require(throws: ModelError.self) {
            try Tokenizer(json: TokenizerFixture.json(), configuration: configuration)
        }
        #expect(error.code == .corruptFile && error.message.contains("added_tokens_decoder"), "\(error.message)")
    }
}
