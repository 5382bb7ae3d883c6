import Foundation
import Models
import Testing

@Suite("Tokenizer goldens") struct TokenizerGoldenTests {
    @Test("Ids and offsets are those of the reference", arguments: TokenizerFixture.kinds)
    func encodesAsReference(kind: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(kind)
        for sample in try TokenizerFixture.golden(kind).samples {
            guard let text = sample.text, let offsets = sample.offsets else { continue }
            let encoding = tokenizer.encode(text, addSpecialTokens: sample.special)
            #expect(encoding.ids == sample.ids, "\(text.debugDescription)")
            #expect(encoding.offsets.flatMap { [$0.lowerBound, $0.upperBound] } == offsets, "\(text.debugDescription)")
        }
    }

    @Test("Decoded text is that of the reference, scalar for scalar", arguments: TokenizerFixture.kinds)
    func decodesAsReference(kind: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(kind)
        for sample in try TokenizerFixture.golden(kind).samples {
            let decoded = tokenizer.decode(sample.ids, skipSpecialTokens: sample.special)
            #expect(Array(decoded.unicodeScalars) == Array(sample.decoded.unicodeScalars), "\(sample.ids)")
        }
    }

    @Test("The vocabulary has the size the reference gives", arguments: TokenizerFixture.kinds)
    func countsVocabulary(kind: String) throws {
        let size = try TokenizerFixture.golden(kind).vocabulary_size
        #expect(try TokenizerFixture.tokenizer(kind).vocabularySize == size)
    }

    @Test("Every token and its id lead to each other", arguments: TokenizerFixture.kinds)
    func mapsTokensAndIDs(kind: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(kind)
        for id in 0..<tokenizer.vocabularySize {
            let token = try #require(tokenizer.token(of: id))
            #expect(tokenizer.id(of: token) == id)
        }
        #expect(tokenizer.token(of: 1 << 20) == nil)
        #expect(tokenizer.token(of: -1) == nil)
    }

    @Test("Threads that share a tokenizer get the same tokens", arguments: ["llama3", "llama2-metaspace"])
    func encodesConcurrently(kind: String) async throws {
        let tokenizer = try TokenizerFixture.tokenizer(kind)
        let texts = try TokenizerFixture.golden(kind).samples.compactMap(\.text)
        let expected = texts.map { tokenizer.encode($0) }
        let answers = await withTaskGroup(of: [Encoding].self) { group in
            for _ in 0..<4 { group.addTask { texts.map { tokenizer.encode($0) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0 == expected })
    }
}
