import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Conversations for Idefics3 and SmolVLM") struct Idefics3EncodingTests {
    /// What `Idefics3Processor` makes of conversations (Fixtures/idefics3/generate.py).
    private struct Golden: Decodable {
        struct Row: Decodable {
            var images: [String]
            var turns: [[String]]
            var text: String
            var ids: [Int32]
            var prompt_ids: [Int32]
        }
        var conversations: [Row]
    }

    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures")
        .standardized
    private static let folder = fixtures.appending(path: "idefics3/processor")

    private let rows: [Golden.Row]
    private let tokenizer: Tokenizer
    private let encoder: ExampleEncoder
    private let layout: any ImageLayout

    init() throws {
        rows = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: Self.folder.appending(path: "golden.json"))
        ).conversations
        tokenizer = try Tokenizer(folder: Self.folder)
        let model = try ModelFolder(Self.fixtures.appending(path: "idefics3/idefics3-one-tile")).load(
            computing: .float32
        ).model
        layout = try model.imageLayout(Self.folder)
        let template = try ConversationTemplates.recognised(inFolder: Self.folder.path).template
        #expect(template.name == "smolvlm")
        encoder = ExampleEncoder(
            tokenizer: tokenizer, template: template,
            marks: TextMarks(
                beginningOfText: tokenizer.bosToken ?? "", endOfText: tokenizer.eosToken ?? ""),
            image: ImagePlaceholder(
                token: "<image>", id: try #require(tokenizer.id(of: "<image>")), layout: layout))
    }

    private func conversation(_ row: Golden.Row) throws -> Conversation {
        let turns = row.turns.map { #"{"role": "\#($0[0])", "content": \#(JSONValue.string($0[1]).text(indent: 0))}"# }
        let images = row.images.map { "\"\($0)\"" }.joined(separator: ", ")
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        let line = #"{"images": [\#(images)], "messages": [\#(turns.joined(separator: ", "))]}"#
        try Data(line.utf8).write(to: file)
        return try ConversationDataset(path: file.path, imageFolder: Self.fixtures.appending(path: "images").path)
            .conversation(at: 0)
    }

    @Test("have the tokens of the reference's processor, tiles and their places included", arguments: 0..<4)
    func tokens(row: Int) throws {
        let found = try encoder.encode(conversation(rows[row]))
        #expect(found.ids == rows[row].ids, "\(rows[row].text)")
    }

    @Test("end in the reference's prompt where the answer is asked for", arguments: 0..<4)
    func prompts(row: Int) throws {
        let conversation = try conversation(rows[row])
        let found = try encoder.encodePrompt(conversation.turns.dropLast(), images: conversation.images)
        #expect(found == rows[row].prompt_ids)
    }

    @Test("are learned from where an answer begins up to its end mark", arguments: 0..<4)
    func labels(row: Int) throws {
        let encoded = try encoder.encode(conversation(rows[row]))
        let learned = zip(encoded.ids, encoded.labels).filter { $1 != PackedBatch.unsupervised }.map { Int($0.0) }
        // The space before an answer is learned only where the tokenizer makes one token of both.
        let text = tokenizer.decode(learned, skipSpecialTokens: false)
        let found = text.components(separatedBy: "<end_of_utterance>").map {
            $0.hasPrefix(" ") ? String($0.dropFirst()) : $0
        }
        let answers = rows[row].turns.filter { $0[0] == "assistant" }.map { $0[1] }
        #expect(found == answers + [""], "\(text)")
    }

    @Test("have as many image tokens as their images have features")
    func featureCounts() throws {
        for row in rows {
            let conversation = try conversation(row)
            let token = try #require(tokenizer.id(of: "<image>"))
            let images = try conversation.images.map { try PictureReader(layout).tiles(of: $0) }
            let found = try encoder.encode(conversation).ids.count { $0 == Int32(token) }
            #expect(found == images.reduce(0) { $0 + 4 * $1.shape[0] })
            #expect(images.allSatisfy { $0.shape[0] > 1 })
        }
    }
}
