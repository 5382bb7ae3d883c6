import Foundation
import Tensors
import Testing

@testable import Models

@Suite("Generation")
struct GenerationTests {
    private static let folder = GenerationGolden.fixtures.appending(path: "tiny-llava/model")

    private func generator(
        _ change: (inout GenerationSettings) -> Void = { _ in }
    ) throws -> (TextGenerator, Tokenizer) {
        let model = try #require(try ModelFolder(Self.folder).load(computing: .float32).model as? any GenerativeModel)
        let tokenizer = try Tokenizer(folder: Self.folder)
        var settings = GenerationSettings()
        settings.maxNewTokens = 12
        change(&settings)
        return (try TextGenerator(model, tokenizer: tokenizer, settings: settings), tokenizer)
    }

    private func prompt(_ tokenizer: Tokenizer) -> [Int32] {
        tokenizer.encode("<|im_start|>user\nWhat is it?<|im_end|>\n<|im_start|>assistant\n").ids.map { Int32($0) }
    }

    private func message(_ body: () throws -> Void) -> String {
        let error = #expect(throws: ModelError.self, performing: body)
        return error.map { "\($0)" } ?? ""
    }

    @Test("What is handed out token by token is the result")
    func streaming() throws {
        let (generator, tokenizer) = try generator()
        var (text, tokens): (String, [Int32]) = ("", [])
        let result = try generator.generate(prompt(tokenizer)) { token, piece in
            tokens.append(token)
            text += piece
        }
        #expect(result.text == text && result.tokens == tokens && tokens.count <= 12 && !text.isEmpty)
    }

    @Test("The same seed draws the same text, another one another")
    func seeds() throws {
        let texts = try [1, 1, 2].map { (seed: UInt64) in
            let (generator, tokenizer) = try generator {
                $0.samples = true
                $0.seed = seed
                $0.temperature = 2
            }
            return try generator.generate(prompt(tokenizer)).tokens
        }
        #expect(texts[0] == texts[1] && texts[0] != texts[2])
    }

    @Test("Draws have the probabilities of the scores")
    func frequencies() {
        var choice = TokenChoice(samples: true, seed: 9)
        let scores: [Float] = [0, -.infinity, logf(3), logf(4)]
        var counts = [0, 0, 0, 0]
        for _ in 0..<8_000 { counts[Int(choice.token(of: scores))] += 1 }
        #expect(counts[1] == 0)
        for (count, share) in zip([counts[0], counts[2], counts[3]], [1.0, 3, 4]) {
            #expect(abs(Double(count) - 1_000 * share) < 130)  // four standard deviations and more
        }
    }

    @Test("Of equal scores the first is taken")
    func ties() {
        var choice = TokenChoice(samples: false, seed: 0)
        #expect(choice.token(of: [1, 3, 2, 3]) == 1)
    }

    @Test("A stop string ends the text and is left out")
    func stopString() throws {
        let (plain, tokenizer) = try generator()
        let whole = try plain.generate(prompt(tokenizer)).text
        let stop = String(whole.dropFirst(2).prefix(3))
        let (stopping, _) = try generator { $0.stopStrings = ["never", stop] }
        let result = try stopping.generate(prompt(tokenizer))
        #expect(result.ending == .stopString)
        #expect(whole.hasPrefix(result.text + stop) && !result.text.contains(stop))
    }

    @Test("An end token ends the text and leaves no text")
    func endToken() throws {
        let (plain, tokenizer) = try generator()
        let tokens = try plain.generate(prompt(tokenizer)).tokens
        let (ending, _) = try generator { $0.endTokens = [Int(tokens[3])] }
        let result = try ending.generate(prompt(tokenizer))
        let end = try #require(tokens.firstIndex(of: tokens[3]))
        #expect(result.ending == .endToken && result.tokens == Array(tokens[...end]))
        #expect(result.text == tokenizer.decode(tokens[..<end].map { Int($0) }))
    }

    @Test("Prompts that do not fit the model are refused")
    func badPrompts() throws {
        let (generator, tokenizer) = try generator()
        #expect(message { _ = try generator.generate([]) }.contains("the prompt is empty"))
        #expect(message { _ = try generator.generate([1, 384]) }.contains("token 384, but the model knows only 384"))
        #expect(message { _ = try generator.generate([-1]) }.contains("token -1"))
        let image = Int32(try #require(tokenizer.id(of: "<image>")))
        #expect(message { _ = try generator.generate([1, image]) }.contains("1 image tokens, expected 0 for 0 images"))
        let pixels = Tensor(zeros: [1, 3, 24, 24])
        #expect(message { _ = try generator.generate([1], images: [pixels]) }.contains("0 image tokens, expected 16"))
    }

    @Test(
        "Settings without a meaning are refused by name",
        arguments: [
            ("max_new_tokens is 0", setting { $0.maxNewTokens = 0 }),
            ("temperature is 0.0", sampling { $0.temperature = 0 }),
            ("temperature is nan", sampling { $0.temperature = .nan }), ("top_k is -1", sampling { $0.topK = -1 }),
            ("top_p is 1.5", sampling { $0.topP = 1.5 }),
            ("repetition_penalty is 0.0", setting { $0.repetitionPenalty = 0 }),
            ("stop is an empty text", setting { $0.stopStrings = ["a", ""] }),
        ])
    func badSettings(expected: String, settings: GenerationSettings) {
        #expect(message { _ = try generator { $0 = settings } }.contains(expected))
    }

    private static func setting(_ change: (inout GenerationSettings) -> Void) -> GenerationSettings {
        var settings = GenerationSettings()
        change(&settings)
        return settings
    }

    private static func sampling(_ change: (inout GenerationSettings) -> Void) -> GenerationSettings {
        setting {
            $0.samples = true
            change(&$0)
        }
    }

    private func read(_ files: [String: String]) throws -> (settings: GenerationSettings, notes: [String]) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        return try GenerationSettings.read(folder: folder)
    }

    @Test("generation_config.json sets what it names, and what is not applied is said")
    func configuration() throws {
        let text = """
            {"eos_token_id": [5, 7], "do_sample": true, "temperature": 0.7, "top_k": 20, "top_p": 0.8, "min_p": 0.1,
             "repetition_penalty": 1.1, "num_beams": 1, "no_repeat_ngram_size": 3, "pad_token_id": 2}
            """
        let (settings, notes) = try read(["generation_config.json": text, "config.json": "{}"])
        #expect(settings.endTokens == [5, 7] && settings.samples && settings.temperature == 0.7)
        #expect(settings.topK == 20 && settings.topP == 0.8 && settings.repetitionPenalty == 1.1)
        #expect(notes.count == 2 && notes[0].contains("min_p") && notes[1].contains("no_repeat_ngram_size"))
    }

    @Test("What only draws are made with may be anything where nothing is drawn")
    func greedy() throws {
        let text = #"{"do_sample": false, "temperature": 0.0, "top_k": -1, "top_p": 7, "eos_token_id": [-1, 4]}"#
        let settings = try read(["generation_config.json": text, "config.json": "{}"]).settings
        #expect(!settings.samples && settings.endTokens == [4])
        #expect(try generator { $0.temperature = 0 }.0.generate([1]).tokens.isEmpty == false)
    }

    @Test(
        "End tokens come from the first file that names some",
        arguments: [
            (#"{"eos_token_id": 3}"#, #"{"eos_token_id": 4}"#, [3]), ("{}", #"{"eos_token_id": [4, 6]}"#, [4, 6]),
            (nil, #"{"text_config": {"eos_token_id": 8}}"#, [8]), (#"{"eos_token_id": null}"#, "{}", []),
        ] as [(String?, String, Set<Int>)])
    func endTokens(generation: String?, model: String, expected: Set<Int>) throws {
        var files = ["config.json": model]
        files["generation_config.json"] = generation
        #expect(try read(files).settings.endTokens == expected)
    }

    @Test(
        "Configurations that cannot be used name file and key",
        arguments: [
            (#"{"eos_token_id": "no"}"#, "eos_token_id"), (#"{"eos_token_id": [1, null]}"#, "eos_token_id"),
            (#"{"temperature": "hot"}"#, "temperature"), (#"{"do_sample": true, "top_p": 7}"#, "top_p is 7.0"),
            (#"{"max_new_tokens": 0}"#, "max_new_tokens"), ("[]", "expected a JSON object"),
        ])
    func badConfigurations(text: String, expected: String) {
        let found = message { _ = try read(["generation_config.json": text, "config.json": "{}"]) }
        #expect(found.contains(expected) && found.contains("generation_config.json"))
    }
}
