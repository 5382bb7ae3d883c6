import Foundation
import Models
import Testing
import Training

@Suite("The rows of the tiny data")
struct TokenTests {
    @Test(
        "become the reference's tokens and labels",
        arguments: ["chatml", "vicuna"], ["train", "val"])
    func tokens(template: String, file: String) throws {
        let tokenizer = try Tokenizer(folder: URL(filePath: TinyLlava.model))
        let image = try #require(tokenizer.id(of: Conversation.imageMarker))
        let encoder = ExampleEncoder(
            tokenizer: tokenizer, template: try ConversationTemplates.named(template),
            endOfText: tokenizer.eosToken ?? "",
            image: ImagePlaceholder(token: Conversation.imageMarker, id: image, countPerImage: 16))
        let dataset = try ConversationDataset(path: TinyLlava.data(file), imageFolder: TinyLlava.pictures)
        let expected = try #require(try TinyLlava.expected().tokens[template]?[file])
        #expect(dataset.count == expected.count)
        for (row, tokens) in expected.enumerated() {
            let example = try encoder.encode(dataset.conversation(at: row))
            #expect(example.ids == tokens.ids, "row \(row)")
            #expect(example.labels == labels(tokens), "row \(row)")
        }
    }

    private func labels(_ tokens: TinyLlava.Expected.Tokens) -> [Int32] {
        tokens.ids.enumerated().map { position, id in
            tokens.supervised.contains { $0[0] <= position && position < $0[1] } ? id : PackedBatch.unsupervised
        }
    }
}
