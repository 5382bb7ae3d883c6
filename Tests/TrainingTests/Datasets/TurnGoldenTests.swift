import Foundation
import Models
import Testing

@testable import Training

@Suite("Turns of tools, turns in a row and weights beside transformers' apply_chat_template")
struct TurnGoldenTests {
    private let sources: [String: String]
    private let cases: [JSONValue]

    /// Reads what Fixtures/templates/generate.py wrote.
    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/templates/turns.json")
        let golden = try JSONValue(parsing: Data(contentsOf: file), file: "turns.json")
        cases = golden["cases"]?.arrayValue ?? []
        sources = Dictionary(
            uniqueKeysWithValues: (golden["sources"]?.arrayValue ?? []).map { source in
                (source["model"]?.stringValue ?? "", source["source"]?.stringValue ?? "")
            })
    }

    private func text(_ golden: JSONValue, _ key: String) -> String { golden[key]?.stringValue ?? "" }

    private func marks(_ golden: JSONValue) -> TextMarks {
        TextMarks(beginningOfText: text(golden, "beginningOfText"), endOfText: text(golden, "endOfText"))
    }

    private func template(_ golden: JSONValue) throws -> ConversationTemplate {
        let folder = try TemporaryFolder()
        try folder.write(try #require(sources[text(golden, "model")]), to: "chat_template.jinja")
        let found = try ConversationTemplates.recognised(inFolder: folder.path).template
        #expect(found.name == text(golden, "template"), "\(text(golden, "model"))")
        return found
    }

    private func conversation(_ golden: JSONValue) throws -> ConversationRow {
        try ConversationRow(Data(#"{"messages": \#(golden["messages"] ?? .null)}"#.utf8))
    }

    /// Whether a text holds all that the turns say: a chat template may leave calls and turns out.
    private func holds(_ text: String, _ turns: [ConversationTurn]) -> Bool {
        turns.allSatisfy { turn in
            let said = turn.text.stripped
            let written = JSONValue.string(said).text(isASCII: false).dropFirst().dropLast()
            return (said.isEmpty || text.contains(said) || text.contains(written))
                && turn.calls.allSatisfy { text.contains("\"\($0.name)\"") }
        }
    }

    @Test("are written as there, and refused where a template raises an exception or leaves something out")
    func texts() throws {
        var (written, refused) = (0, 0)
        for golden in cases where golden["text"] != nil {
            let (template, row) = (try template(golden), try conversation(golden))
            let reason = template.reason(against: row.turns, name: row.naming.name(ofTurn:))
            let what = "\(text(golden, "model")): \(golden["messages"] ?? .null)"
            guard let expected = golden["text"]?.stringValue, holds(expected, row.turns) else {
                #expect(reason?.hasPrefix("`messages[") == true, "\(what)")
                refused += 1
                continue
            }
            #expect(reason == nil, "\(what): \(reason ?? "")")
            let rendered = template.render(row.turns, marks: marks(golden))
            #expect(text(golden, "beginningOfText") + rendered.text == expected, "\(what)")
            written += 1
        }
        #expect(written > 40 && refused > 40, "\(written) written, \(refused) refused")
    }

    @Test("have the system's text where each release of Mistral's puts it in a prompt")
    func prompts() throws {
        let prompts = cases.filter { $0["prompt"] != nil }
        #expect(Set(prompts.map { text($0, "model") }).count == 2)
        for golden in prompts {
            let row = try conversation(golden)
            let prompt = try template(golden).prompt(row.turns, marks: marks(golden))
            #expect(text(golden, "beginningOfText") + prompt == text(golden, "prompt"), "\(text(golden, "model"))")
        }
    }

    @Test(
        "learn every answer of weight 1 with its calls, and none of weight 0",
        arguments: ["chatml", "llama-3", "mistral"])
    func learned(name: String) throws {
        for golden in cases where text(golden, "template") == name && golden["text"]?.stringValue != nil {
            let (template, row) = (try template(golden), try conversation(golden))
            guard template.reason(against: row.turns, name: { "\($0)" }) == nil else { continue }
            let rendered = template.render(row.turns, marks: marks(golden))
            let scalars = Array(rendered.text.unicodeScalars)
            let learned = rendered.answers.map { String(String.UnicodeScalarView(scalars[$0])) }
            let answers = row.turns.filter { $0.role == .assistant && $0.isLearned }
            #expect(learned.count == answers.count)
            for (learned, answer) in zip(learned, answers) {
                #expect(answer.text.isEmpty || learned.contains(answer.text.stripped))
                #expect(learned.hasSuffix(template.endMark(endOfText: "</s>")))
                #expect(answer.calls.allSatisfy { learned.contains("\"\($0.name)\"") })
            }
        }
    }

    @Test("of the system are refused where the folder's template raises an exception at them")
    func systems() throws {
        let turns: [ConversationTurn] = [.init(.system, "S"), .init(.user, "Q"), .init(.assistant, "A")]
        let reason: String? =
            "turn 0: the template mistral of this model's folder has no system turn: remove it, or set data.template"
        for (model, name, expected) in [
            ("v0.1 at first", "mistral", reason), ("v0.2 at first", "mistral", reason),
            ("v0.1, v0.2", "mistral", nil), ("v0.3", "mistral-v3", nil),
        ] {
            let golden = JSONValue.object([
                .init("model", .string("Mistral-7B-Instruct \(model)")), .init("template", .string(name)),
            ])
            let template = try template(golden)
            let found = template.reason(against: turns) { "turn \($0)" }
            #expect(found == expected, "\(model)")
            let rest = template.reason(against: Array(turns.dropFirst())) { "turn \($0)" }
            #expect(rest == nil, "\(model)")
        }
    }

    @Test("name the role, or the template's own order, in what is said of them")
    func reasons() throws {
        let turns: [ConversationTurn] = [
            .init(.user, "Q"), .init(.user, "Q"), .init(.tool, "1"), .init(.assistant, "A"),
        ]
        let gemma = try ConversationTemplates.named("gemma").reason(against: turns) { "turn \($0)" }
        #expect(gemma?.hasPrefix("turn 1: expected the assistant, found the user: in the template gemma") == true)
        let plain = try ConversationTemplates.named("plain").reason(against: turns) { "turn \($0)" }
        #expect(plain?.hasPrefix("turn 2: the template plain has no turns of the role tool") == true)
        #expect(try ConversationTemplates.named("chatml").reason(against: turns) { "\($0)" } == nil)
        let vicuna = try ConversationTemplates.named("vicuna").render(turns, endOfText: "</s>").text
        #expect(vicuna == "USER: Q USER: Q TOOL: 1 ASSISTANT: A</s>")
    }

    @Test("are rows of their dataset that cannot be used where the template has no place for them")
    func rows() throws {
        let folder = try TemporaryFolder()
        let good = #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}"#
        let twice =
            #"{"messages": [{"role": "user", "content": "Q"}, {"role": "user", "content": "Q"},"#
            + #" {"role": "assistant", "content": "A"}], "tools": [{"type": "function"}]}"#
        let path = try folder.write("\(good)\n\(twice)", to: "rows.jsonl")
        func encoded(_ template: String, skips: Bool = false) throws -> EncodedDataset {
            var options = DatasetOptions(path: path)
            options.skipsBadRows = skips
            let encoder = ExampleEncoder(
                tokenizer: WordEncoder(), template: try ConversationTemplates.named(template), endOfText: "</s>",
                image: ImagePlaceholder(token: "<image>", id: WordEncoder.imageID, countPerImage: 1))
            return try EncodedDataset(ConversationDataset(options), encoder: encoder, maxLength: 100, onLong: .error)
        }
        #expect(try encoded("chatml").count == 2)
        let message = errorMessage { try encoded("mistral") }
        #expect(message?.contains("example 1 (line 2): `messages[1]`: expected the assistant, found the user") == true)
        #expect(try encoded("mistral", skips: true).skipped.map(\.row) == [1])
        let notice = try ConversationDataset(path: path, imageFolder: ".").notice
        #expect(notice.hasSuffix("1 example lists `tools`, which are not used: describe them in the system turn"))
    }

    @Test("stand in parts as they are")
    func parts() throws {
        let golden = try #require(cases.first { text($0, "model") == "Qwen2.5" && "\($0)".contains("tool_calls") })
        let row = try conversation(golden)
        let turns = row.turns + [.init(.assistant, "x", isLearned: false)]
        let written = try LlavaRow.json(Conversation(row: 0, person: "7", turns: turns)).text(isASCII: false)
        let again = try ConversationRow(Data(written.utf8))
        #expect(again.turns == turns && again.person == "7")
    }
}
