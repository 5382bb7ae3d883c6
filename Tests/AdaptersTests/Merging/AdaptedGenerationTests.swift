import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

@Suite("Generation with adapters, against transformers and PEFT")
struct AdaptedGenerationTests {
    private func check(_ golden: MergeCase, _ model: any GenerativeModel) throws {
        let tokenizer = try Tokenizer(folder: MergeCase.fixtures.appending(path: "tiny-llava/model"))
        for text in golden.texts where text.adapter && text.settings.do_sample == nil {
            var settings = GenerationSettings()
            settings.maxNewTokens = golden.length
            settings.repetitionPenalty = text.settings.repetition_penalty ?? 1
            settings.endTokens = Set(text.settings.eos_token_id ?? [])
            let (prompt, pixels) = golden.prompt(text.row)
            let found = try TextGenerator(model, tokenizer: tokenizer, settings: settings)
                .generate(prompt, images: [pixels].compactMap(\.self))
            #expect(found.tokens == text.tokens, "row \(text.row), \(text.settings)")
        }
    }

    @Test("Tokens are those of PEFT, with the adapter beside the weights", arguments: MergeCase.all)
    func adapted(golden: MergeCase) throws { try check(golden, golden.adapted) }

    @Test("Tokens are those of PEFT, with the adapter merged into them", arguments: MergeCase.all)
    func merged(golden: MergeCase) throws { try check(golden, try golden.merged()) }
}
