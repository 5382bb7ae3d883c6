import Foundation
import Tensors
import Testing

@testable import Models

@Suite("Generation against transformers")
struct GenerationGoldenTests {
    /// Decoders of ids whose text does not matter.
    private static func tokenizer() throws -> Tokenizer {
        try Tokenizer(folder: GenerationGolden.fixtures.appending(path: "tiny-llava/model"))
    }

    private func model(_ golden: GenerationGolden, _ type: DType = .float32) throws -> any GenerativeModel {
        try #require(try ModelFolder(golden.folder).load(computing: type).model as? any GenerativeModel)
    }

    @Test("Every case is found")
    func cases() { #expect(GenerationGolden.all.count >= 8) }

    @Test("Tokens are those of transformers, whatever the settings", arguments: GenerationGolden.all)
    func tokens(golden: GenerationGolden) throws {
        let (model, tokenizer) = (try model(golden), try Self.tokenizer())
        for text in golden.texts where !text.adapter {
            var settings = text.settings.settings
            settings.maxNewTokens = golden.length
            let (prompt, pixels) = golden.prompt(text.row)
            let found = try TextGenerator(model, tokenizer: tokenizer, settings: settings)
                .generate(prompt, images: [pixels].compactMap(\.self))
            #expect(found.tokens == text.tokens, "row \(text.row), \(text.settings)")
            #expect(found.ending == (text.tokens.count < golden.length ? .endToken : .length))
        }
    }

    @Test(
        "Rows that come in parts have the hidden states of all rows at once", arguments: GenerationGolden.all,
        [[1], [2, 1, 3], [64]])
    func parts(golden: GenerationGolden, lengths: [Int]) throws {
        let model = try model(golden)
        for row in 0..<2 {
            let (tokens, pixels) = golden.prompt(row, whole: true)
            let padded = model.hiddenStates(
                PackedBatch(sequences: [(tokens, tokens)], pixels: pixels), of: tokens.indices.map(Int32.init),
                checkpointing: false
            ).detached
            let expected = Array(padded.values.prefix(tokens.count * padded.columns))
            // Pictures come with the first part, which holds all of their tokens.
            let first = (tokens.lastIndex(of: Int32(model.imageToken)) ?? -1) + 1
            var ends = first > 0 ? [first] : []
            while (ends.last ?? 0) < tokens.count {
                ends.append(min((ends.last ?? 0) + lengths[ends.count % lengths.count], tokens.count))
            }
            let cache = model.newCache()
            var (found, start): ([Float], Int) = ([], 0)
            for end in ends {
                found +=
                    model.hiddenStates(
                        Array(tokens[start..<end]), images: start == 0 ? [pixels].compactMap(\.self) : [], cache: cache
                    ).values
                start = end
            }
            #expect(cache.position == tokens.count)
            let distance = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
            #expect(found.count == expected.count && distance < 1e-4, "\(distance)")
        }
    }

    @Test(
        "The hidden states of some rows are those of all rows, kept or computed again",
        arguments: GenerationGolden.all)
    func someRows(golden: GenerationGolden) throws {
        let model = try model(golden)
        let (tokens, pixels) = golden.prompt(0, whole: true)
        let batch = PackedBatch(sequences: [(tokens, tokens)], pixels: pixels)
        let all = model.hiddenStates(batch, of: batch.tokens.indices.map(Int32.init), checkpointing: false).detached
        for wanted: [Int32] in [[], [0], [2, 3, Int32(tokens.count) - 1], Array(1..<Int32(tokens.count))] {
            for checkpointing in [false, true] {
                let some = model.hiddenStates(batch, of: wanted, checkpointing: checkpointing).detached
                #expect(some.rows >= wanted.count && some.columns == all.columns)
                let distance =
                    wanted.enumerated().map { place, row in
                        zip(some.rows(place..<place + 1).values, all.rows(Int(row)..<Int(row) + 1).values)
                            .map { abs($0 - $1) }.max() ?? .infinity
                    }.max() ?? 0
                #expect(distance < 1e-5, "rows \(wanted): \(distance)")
            }
        }
    }

    @Test("bf16 comes as close to fp32 with a cache as without one", arguments: GenerationGolden.all)
    func bfloat16(golden: GenerationGolden) throws {
        let (exact, rounded) = (try model(golden), try model(golden, .bfloat16))
        let (tokens, pixels) = golden.prompt(0, whole: true)
        let batch = PackedBatch(sequences: [(tokens, tokens)], pixels: pixels)
        let rows = tokens.indices.map(Int32.init)
        let expected = exact.hiddenStates(batch, of: rows, checkpointing: false).detached.values
        let whole = rounded.hiddenStates(batch, of: rows, checkpointing: false).detached.values
        let cache = rounded.newCache()
        let start = tokens.count - 3
        var found = rounded.hiddenStates(Array(tokens[..<start]), images: [pixels].compactMap(\.self), cache: cache)
            .values
        for token in tokens[start...] { found += rounded.hiddenStates([token], images: [], cache: cache).values }
        let distance = { (values: [Float]) in zip(values, expected).map { abs($0 - $1) }.max() ?? .infinity }
        #expect(distance(found) < 2 * distance(whole))
    }

    @Test("Scores are processed as transformers does, in its order", arguments: GenerationGolden.scores)
    func scores(golden: GenerationGolden.Scores) {
        var settings = golden.settings.settings
        settings.samples = true
        var scores = golden.scores
        for processor in settings.processors { processor.apply(to: &scores, after: golden.tokens) }
        for (found, expected) in zip(scores, golden.processed) {
            if let expected {
                #expect(abs(found - expected) <= 1e-6 * max(1, abs(expected)))
            } else {
                #expect(found == -.infinity)
            }
        }
    }
}

extension PackedBatch {
    fileprivate init(sequences: [(tokens: [Int32], labels: [Int32])], pixels: Tensor?) {
        self.init(sequences: sequences, images: [pixels].compactMap(\.self))
    }
}
