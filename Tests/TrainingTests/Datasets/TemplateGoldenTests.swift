import Foundation
import Testing
import Training

@Suite("A template beside transformers' apply_chat_template")
struct TemplateGoldenTests {
    /// What Fixtures/templates/generate.py wrote.
    struct Golden: Decodable {
        struct Source: Decodable {
            var template: String
            var model: String
            var source: String
        }

        struct Turn: Decodable {
            var role: String
            var text: String
        }

        struct Case: Decodable, CustomTestStringConvertible {
            var template: String
            var model: String
            var turns: [Turn]
            var beginningOfText: String
            var endOfText: String
            var text: String
            var prompt: String

            var testDescription: String { "\(model), \(turns.count) turns" }

            var marks: TextMarks { TextMarks(beginningOfText: beginningOfText, endOfText: endOfText) }

            func conversation() throws -> [ConversationTurn] {
                try turns.map { .init(try #require(ConversationTurn.Role(tag: $0.role)), $0.text) }
            }
        }

        var sources: [Source]
        var cases: [Case]
    }

    static func golden() throws -> Golden {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/templates/golden.json")
        return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    }

    @Test("writes the same text, less the mark that the tokenizer puts first")
    func texts() throws {
        for golden in try Self.golden().cases {
            let template = try ConversationTemplates.named(golden.template)
            let rendered = template.render(try golden.conversation(), marks: golden.marks)
            #expect(golden.beginningOfText + rendered.text == golden.text, "\(golden.testDescription)")
            #expect(template.beginsWithMark == !golden.beginningOfText.isEmpty)
        }
    }

    @Test("learns each answer with its end mark, and nothing else")
    func answers() throws {
        for golden in try Self.golden().cases {
            let turns = try golden.conversation()
            let rendered = try ConversationTemplates.named(golden.template).render(turns, marks: golden.marks)
            let scalars = Array(rendered.text.unicodeScalars)
            let learned = rendered.answers.map { String(String.UnicodeScalarView(scalars[$0])) }
            let answers = turns.filter { $0.role == .assistant }.map(\.text)
            #expect(learned.count == answers.count)
            let mark = ["gemma": "<end_of_turn>", "llama-2": " </s>"][golden.template] ?? golden.endOfText
            for (learned, answer) in zip(learned, answers) {
                #expect(learned.hasSuffix(mark), "\(learned)")
                let text = learned.dropLast(mark.count)
                let whole =
                    ["chatml", "mistral"].contains(golden.template)
                    ? answer : answer.trimmingCharacters(in: Self.spaces)
                #expect(text == whole, "\(golden.testDescription)")
            }
        }
    }

    private static let spaces = CharacterSet(charactersIn: " \n\t\u{1F}\u{2003}\u{A0}")

    @Test("writes the same prompt, less spaces at its end")
    func prompts() throws {
        for golden in try Self.golden().cases {
            let template = try ConversationTemplates.named(golden.template)
            let prompt = template.prompt(try golden.conversation().dropLast(), marks: golden.marks)
            #expect(golden.beginningOfText + prompt == golden.prompt, "\(golden.testDescription)")
        }
    }

    @Test("is recognised by its source")
    func recognition() throws {
        for golden in try Self.golden().sources {
            let folder = try TemporaryFolder()
            try folder.write(golden.source, to: "chat_template.jinja")
            let found = try ConversationTemplates.recognised(inFolder: folder.path)
            #expect(found.template.name == golden.template, "\(golden.model)")
        }
    }
}
