import Foundation
import Testing

@testable import Models

@Suite("Tokenizer encoding") struct TokenizerEncodingTests {
    @Test("Byte fallback gives the bytes of characters the vocabulary lacks")
    func fallsBackToBytes() throws {
        let vocabulary = #"{"a":0,"b":1,"ab":2,"<0xC3>":3,"<0xA9>":4,"<unk>":5}"#
        let json = TokenizerFixture.json(model: #","byte_fallback":true,"unk_token":"<unk>""#, vocabulary: vocabulary)
        let encoding = try Tokenizer(json: json).encode("aéb")
        #expect(encoding.ids == [0, 3, 4, 1])
        #expect(encoding.offsets == [0..<1, 1..<2, 1..<2, 2..<3])
    }

    @Test(
        "Unknown characters become one unknown token each, or one together where they are fused",
        arguments: [true, false])
    func fusesUnknown(fuses: Bool) throws {
        let json = TokenizerFixture.json(
            model: #","unk_token":"<unk>","fuse_unk":\#(fuses)"#, vocabulary: #"{"a":0,"b":1,"ab":2,"<unk>":3}"#)
        let encoding = try Tokenizer(json: json).encode("axyb")
        #expect(encoding.ids == (fuses ? [0, 3, 1] : [0, 3, 3, 1]))
        #expect(encoding.offsets.last == 3..<4)
    }

    @Test("Tokens that are canonically equivalent stay apart")
    func keepsEquivalentTokensApart() throws {
        let json = TokenizerFixture.json(vocabulary: #"{"a":0,"b":1,"ab":2,"\u00e9":3,"e":4,"\u0301":5,"e\u0301":6}"#)
        let tokenizer = try Tokenizer(json: json)
        #expect(tokenizer.encode("\u{E9}").ids == [3])
        #expect(tokenizer.encode("e\u{301}").ids == [4, 5])
        #expect(tokenizer.id(of: "e\u{301}") == 6)
        #expect(tokenizer.vocabularySize == 7)
    }

    @Test("A run of 400,000 combining marks is put in order in a moment", .timeLimit(.minutes(1)))
    func ordersMarks() {
        let count = 200_000
        let marks: [UInt32] = Array(repeating: [0x301, 0x323], count: count).flatMap { $0 }
        let changes = Decomposition.changes([0x65] + marks, .canonical)
        let expected: [UInt32] =
            [0x65] + Array(repeating: UInt32(0x323), count: count) + Array(repeating: 0x301, count: count)
        #expect(changes.map { $0.scalar } == expected)
    }

    @Test("A run of image tokens is as many tokens, each over its own text")
    func encodesImageTokens() throws {
        let tokenizer = try TokenizerFixture.tokenizer("smollm")
        let encoding = tokenizer.encode(String(repeating: "<image>", count: 576) + "hi")
        let image = try #require(tokenizer.id(of: "<image>"))
        #expect(encoding.ids.prefix(576).allSatisfy { $0 == image })
        #expect(encoding.offsets[575] == 575 * 7..<576 * 7)
    }

    @Test("The longest added token at a place wins, and strips the white space it is told to")
    func findsAddedTokens() throws {
        let tokenizer = try TokenizerFixture.tokenizer("gpt2")
        let left = try #require(tokenizer.id(of: "[LEFT]"))
        let both = try #require(tokenizer.id(of: "[LEFT][LEFT]"))
        let word = try #require(tokenizer.id(of: "[WORD]"))
        #expect(tokenizer.encode("[LEFT][LEFT]").ids == [both])
        #expect(tokenizer.encode("  [LEFT]").offsets == [2..<8])
        #expect(tokenizer.encode("  [LEFT]").ids == [left])
        #expect(tokenizer.encode("x[WORD]").ids.contains(word) == false)
        #expect(tokenizer.encode("x [WORD]").ids.contains(word))
    }

    @Test("Long words are joined like short ones", arguments: [1, 2, 19, 20, 21, 200])
    func joinsLongWords(count: Int) throws {
        let tokenizer = try Tokenizer(json: TokenizerFixture.json())
        #expect(
            tokenizer.encode(String(repeating: "ab", count: count) + "b").ids == Array(repeating: 2, count: count) + [1]
        )
    }

    @Test("Decoding leaves out ids that stand for nothing")
    func skipsUnknownIDs() throws {
        let tokenizer = try Tokenizer(json: TokenizerFixture.json())
        #expect(tokenizer.decode([2, 99, -1, 0]) == "ab a")
    }
}
