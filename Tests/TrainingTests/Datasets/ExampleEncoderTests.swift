import Models
import Testing
import Training

@Suite("An encoded example")
struct ExampleEncoderTests {
    private func encoder(_ template: String, countPerImage: Int = 3) throws -> ExampleEncoder {
        ExampleEncoder(
            tokenizer: WordEncoder(), template: try ConversationTemplates.named(template), endOfText: "</s>",
            image: ImagePlaceholder(token: "<image>", id: WordEncoder.imageID, countPerImage: countPerImage))
    }

    @Test("learns the tokens that overlap an answer, also one that begins before it")
    func labels() throws {
        let row = Conversation(
            row: 4, images: ["a.png"],
            turns: [
                .init(.user, "<image>\nWhat 😀?"), .init(.assistant, "A cat."), .init(.user, "Sure?"),
                .init(.assistant, "Yes"),
            ])
        let example = try encoder("vicuna").encode(row)
        let text = "USER: <image><image><image>\nWhat 😀? ASSISTANT: A cat.</s>USER: Sure? ASSISTANT: Yes</s>"
        #expect(WordEncoder.learned(example, in: text) == [" A", " cat.", "</s>USER:", " Yes", "</s>"])
        #expect(example.ids == WordEncoder().encode(text).ids.map { Int32($0) })
        #expect(example.images == ["a.png"])
        #expect(example.row == 4)
        #expect(example.supervisedCount == 5)
    }

    @Test("leaves what follows an answer's end mark unlearned")
    func chatML() throws {
        let row = Conversation(row: 0, turns: [.init(.user, "Q"), .init(.assistant, "A b")])
        let example = try encoder("chatml").encode(row)
        let text = "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\nA b<|im_end|>\n"
        #expect(WordEncoder.learned(example, in: text) == ["A", " b", "<|im_end|>"])
        #expect(example.labels.last == PackedBatch.unsupervised)
    }

    @Test("has a picture's tokens for each marker, wherever it stands")
    func pictures() throws {
        let row = Conversation(
            row: 0, images: ["a", "b"],
            turns: [
                .init(.user, "<image> one"), .init(.assistant, "A"), .init(.user, "two <image>"),
                .init(.assistant, "B"),
            ])
        let example = try encoder("vicuna", countPerImage: 576).encode(row)
        #expect(example.ids.count { $0 == Int32(WordEncoder.imageID) } == 1152)
        #expect(example.supervisedCount == 4)
    }

    @Test(
        "finds markers by code units, whatever stands around them",
        arguments: [
            ("", 0), ("<image>", 1), ("<image><image>", 2), ("<<image>>", 1), ("<image", 0), ("a<imag<image>", 1),
            ("<image>\u{301}é", 1), ("图<image>图<image>", 2), ("<Image>", 0),
        ])
    func markers(text: String, count: Int) throws {
        let row = Conversation(
            row: 0, images: Array(repeating: "a", count: count), turns: [.init(.user, text), .init(.assistant, "A")])
        let example = try encoder("vicuna", countPerImage: 2).encode(row)
        #expect(example.ids.count { $0 == Int32(WordEncoder.imageID) } == 2 * count)
    }

    @Test("never counts the first token, which nothing predicts")
    func firstToken() {
        #expect(EncodedExample(ids: [5, 6], labels: [5, -100], images: [], row: 0).supervisedCount == 0)
        #expect(EncodedExample(ids: [5, 6], labels: [5, 6], images: [], row: 0).supervisedCount == 1)
    }

    @Test("begins a prompt like the conversation that it asks for")
    func prompt() throws {
        let turns = [ConversationTurn(.user, "<image> Q"), ConversationTurn(.assistant, "A")]
        let prompt = try encoder("vicuna").encodePrompt([turns[0]])
        let whole = try encoder("vicuna").encode(Conversation(row: 0, images: ["a"], turns: turns))
        #expect(Array(whole.ids.prefix(prompt.count)) == prompt)
        #expect(whole.labels[prompt.count] != PackedBatch.unsupervised)
        #expect(whole.labels[prompt.count - 1] == PackedBatch.unsupervised)
    }
}
