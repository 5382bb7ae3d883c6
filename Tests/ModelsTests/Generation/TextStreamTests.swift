import Foundation
import Tensors
import Testing

@testable import Models

@Suite("Text as it is generated")
struct TextStreamTests {
    private static let folders = [
        "tokenizers/llama2-metaspace", "tokenizers/llama3", "tokenizers/gpt2", "tokenizers/clip", "tokenizers/qwen2",
        "tokenizers/metaspace-split", "tiny-llava/model",
    ]
    private static let texts = [
        "A red circle.", "  Two  spaces, and a line\nbreak ", "naïve café — “quotes”", "你好，世界。", "👩‍👩‍👧 and 🇫🇷!",
        "1,234.5 €", "مرحبا بالعالم", "",
    ]

    private func pieces(_ ids: [Int], _ tokenizer: Tokenizer) -> [String] {
        var stream = TextStream(tokenizer)
        return ids.map { stream.text(after: Int32($0)) } + [stream.rest()]
    }

    @Test("Pieces make up the decoded text, and none shows half a character", arguments: folders)
    func pieces(folder: String) throws {
        let tokenizer = try Tokenizer(folder: GenerationGolden.fixtures.appending(path: folder))
        for text in Self.texts {
            let ids = tokenizer.encode(text, addSpecialTokens: false).ids
            let found = pieces(ids, tokenizer)
            #expect(found.joined() == tokenizer.decode(ids))
            #expect(tokenizer.decode(ids).contains("\u{FFFD}") || !found.joined().contains("\u{FFFD}"))
        }
    }

    @Test("A character that is cut off at the end is left out", arguments: folders.filter { !$0.hasSuffix("clip") })
    func cutOff(folder: String) throws {
        let tokenizer = try Tokenizer(folder: GenerationGolden.fixtures.appending(path: folder))
        let ids = tokenizer.encode("so 🜚", addSpecialTokens: false).ids
        for count in 0...ids.count {
            let text = pieces(Array(ids.prefix(count)), tokenizer).joined()
            #expect(!text.contains("\u{FFFD}"))
            #expect(tokenizer.decode(ids).hasPrefix(text))
        }
    }

    @Test(
        "Any tokens at all make up their decoded text, but for what is incomplete at its end",
        arguments: folders.filter { !$0.hasSuffix("llama2-metaspace") })  // byte tokens change what came before
    func random(folder: String) throws {
        let tokenizer = try Tokenizer(folder: GenerationGolden.fixtures.appending(path: folder))
        var random = SplitMix64(seed: 3)
        for length in 1...60 {
            let ids = (0..<length).map { _ in random.next(below: tokenizer.vocabularySize) }
            var whole = tokenizer.decode(ids).unicodeScalars
            while whole.last == "\u{FFFD}" { whole.removeLast() }
            #expect(Array(pieces(ids, tokenizer).joined().unicodeScalars) == Array(whole))
        }
    }

    @Test(
        "A stop string ends the text and does not show, wherever pieces begin",
        arguments: [
            (["a circle", ". The end"], ["."], "a circle", true), (["one tw", "o th", "ree"], ["two t"], "one ", true),
            (["aab", "aac"], ["aac"], "aab", true), (["xx", "x!"], ["xy", "xx!"], "x", true),
            (["a", "b"], ["c"], "ab", false), (["end \u{301}x"], ["end"], "", true),
            (["ab", "ab"], ["abc"], "abab", false),
            (["é", "t", "é"], ["té", "t"], "é", true),
        ])
    func stops(pieces: [String], stops: [String], expected: String, isStopped: Bool) {
        var finder = StopFinder(stops)
        var (text, found) = ("", false)
        for piece in pieces where !found {
            let (next, isFound) = finder.text(after: piece)
            (text, found) = (text + next, isFound)
            #expect(expected.utf8.starts(with: text.utf8))
        }
        if !found { text += finder.rest() }
        #expect(Array(text.utf8) == Array(expected.utf8))
        #expect(found == isStopped)
    }
}
