import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Questions of a dataset, answered")
struct QuestionsTests {
    private func dataset(_ lines: [String], in folder: TemporaryFolder) throws -> ConversationDataset {
        let path = try folder.write(lines.joined(separator: "\n"), to: "data.jsonl")
        return try ConversationDataset(path: path, imageFolder: TinyLlava.pictures)
    }

    private let turns = #"{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "A circle."}"#

    @Test("Each answer has a question: the turns before it, their pictures, and its references")
    func questions() throws {
        let folder = try TemporaryFolder()
        let more = #", {"from": "human", "value": "<image> And this?"}, {"from": "gpt", "value": "A square."}"#
        let questions = try Questions(
            dataset(
                [
                    #"{"id": "a", "image": ["red-circle.jpg", "blue-square.png"], "conversations": [\#(turns)\#(more)]}"#,
                    #"{"id": "b", "question_id": 12, "answers": [{"answer": "x"}, {"answer": "y"}], "#
                        + #""image": "red-circle.jpg", "conversations": [\#(turns)]}"#,
                    #"{"image": "red-circle.jpg", "references": ["p", "q"], "conversations": [\#(turns)]}"#,
                ], in: folder))
        #expect(questions.count == 4)
        let found = try (0..<4).map { try questions[$0] }
        #expect(found.map(\.id) == [.string("a"), .string("a#3"), .int(12), .int(2)])
        #expect(found.map(\.turns.count) == [1, 3, 1, 1])
        #expect(
            found.map { $0.images.map { URL(filePath: $0.description).lastPathComponent } } == [
                ["red-circle.jpg"], ["red-circle.jpg", "blue-square.png"], ["red-circle.jpg"], ["red-circle.jpg"],
            ])
        #expect(found.map(\.references) == [["A circle."], ["A square."], ["x", "y"], ["p", "q"]])
    }

    /// The bundled model as it is, some of whose answers are right.
    private static func model() throws -> any GenerativeModel {
        let folder = try ModelFolder(TinyLlava.folder.appending(path: "model"))
        return try folder.load(computing: .float32).model.generative
    }

    private func writer(
        _ model: any GenerativeModel, _ change: (inout GenerationSettings) -> Void
    ) throws -> AnswerWriter {
        let folder = TinyLlava.folder.appending(path: "model")
        let tokenizer = try Tokenizer(folder: folder)
        let template = try ConversationTemplates.named("chatml")
        var settings = GenerationSettings()
        settings.endTokens = [try #require(tokenizer.id(of: template.endMark(endOfText: "")))]
        change(&settings)
        return try AnswerWriter(
            model, tokenizer: tokenizer, encoder: encoder(model, tokenizer),
            layout: model.imageLayout(folder), settings: settings)
    }

    private func encoder(_ model: any GenerativeModel, _ tokenizer: Tokenizer) throws -> ExampleEncoder {
        ExampleEncoder(
            tokenizer: tokenizer, template: try ConversationTemplates.named("chatml"),
            endOfText: tokenizer.eosToken ?? "",
            image: ImagePlaceholder(token: "<image>", id: model.imageToken, countPerImage: model.tokensPerImage),
            vocabularySize: model.vocabularySize)
    }

    @Test("Answers do not depend on the number of lanes, and come in order")
    func lanes() throws {
        let folder = try TemporaryFolder()
        let lines = (0..<7).map { #"{"id": \#($0), "image": "red-circle.jpg", "conversations": [\#(turns)]}"# }
        let questions = try Questions(dataset(lines, in: folder))
        let writer = try writer(Self.model()) { $0.maxNewTokens = 6 }
        let found = try [1, 3].map { try questions.answered(by: writer, lanes: Lanes(count: $0)) }
        #expect(found[0] == found[1])
        #expect(found[0].map(\.questionID) == (0..<7).map { .int($0) })
        #expect(Set(found[0].map(\.prediction)).count == 1)
    }

    @Test("Greedy generation writes an answer exactly where every supervised token is the most probable one")
    func teacherForcing() throws {
        let folder = TinyLlava.folder.appending(path: "data")
        let model = try Self.model()
        let writer = try writer(model) { $0.maxNewTokens = 24 }
        let tokenizer = try Tokenizer(folder: TinyLlava.folder.appending(path: "model"))
        var agreed = 0
        for name in ["val", "train"] {
            let dataset = try ConversationDataset(
                path: folder.appending(path: "\(name).json").path, imageFolder: TinyLlava.pictures)
            let rows = try EncodedDataset(
                dataset, encoder: encoder(model, tokenizer), maxLength: 4_096, onLong: .error)
            let source = ConversationSource(
                rows, layout: try model.imageLayout(TinyLlava.folder.appending(path: "model")))
            for row in 0..<dataset.count {
                let conversation = try dataset.conversation(at: row)
                let answers = conversation.turns.indices.filter { conversation.turns[$0].role == .assistant }
                guard answers.count == 1, let turn = answers.first else { continue }
                let batch = try source.batch(of: [row])
                let prompt = try writer.prompt(Array(conversation.turns[..<turn]), images: conversation.images)
                #expect(Array(batch.tokens.prefix(prompt.tokens.count)) == prompt.tokens)
                let expected = batch.labels.filter { $0 != PackedBatch.unsupervised }
                let isWritten = try writer.answer(prompt).tokens == expected
                #expect(isWritten == model.scored(batch).isExact[0])
                agreed += isWritten ? 1 : 0
            }
        }
        #expect(agreed > 0)
    }

    @Test("A row whose references are nothing of the kind is named")
    func badReferences() throws {
        let folder = try TemporaryFolder()
        let line = #"{"image": "red-circle.jpg", "answers": {}, "conversations": [\#(turns)]}"#
        let questions = try Questions(dataset([line], in: folder))
        let writer = try writer(Self.model()) { $0.maxNewTokens = 1 }
        let error = #expect(throws: TrainingError.self) { try questions.answered(by: writer, lanes: Lanes(count: 1)) }
        #expect(
            error?.message.contains("example 0 (line 1): `answers`: expected a list") == true,
            "\(String(describing: error))")
    }
}
