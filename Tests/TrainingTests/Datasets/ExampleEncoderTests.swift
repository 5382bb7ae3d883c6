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
            row: 4, images: [Picture(file: "a.png")],
            turns: [
                .init(.user, "<image>\nWhat 😀?"), .init(.assistant, "A cat."), .init(.user, "Sure?"),
                .init(.assistant, "Yes"),
            ])
        let example = try encoder("vicuna").encode(row)
        let text = "USER: <image><image><image>\nWhat 😀? ASSISTANT: A cat.</s>USER: Sure? ASSISTANT: Yes</s>"
        #expect(WordEncoder.learned(example, in: text) == [" A", " cat.", "</s>USER:", " Yes", "</s>"])
        #expect(example.ids == WordEncoder().encode(text).ids.map { Int32($0) })
        #expect(example.images == [Picture(file: "a.png")])
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
            row: 0, images: [Picture(file: "a"), Picture(file: "b")],
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
            row: 0, images: Array(repeating: Picture(file: "a"), count: count),
            turns: [.init(.user, text), .init(.assistant, "A")])
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
        let whole = try encoder("vicuna").encode(Conversation(row: 0, images: [Picture(file: "a")], turns: turns))
        #expect(Array(whole.ids.prefix(prompt.count)) == prompt)
        #expect(whole.labels[prompt.count] != PackedBatch.unsupervised)
        #expect(whole.labels[prompt.count - 1] == PackedBatch.unsupervised)
    }

    @Test("begins with the mark that a template needs, put there by the tokenizer or else by the template")
    func beginning() throws {
        let row = Conversation(row: 0, turns: [.init(.user, "Q"), .init(.assistant, "A")])
        let image = ImagePlaceholder(token: "<image>", id: 2, countPerImage: 1)
        let text = "[INST] Q [/INST] A </s>"
        for isMarked in [true, false] {
            let tokenizer = MarkEncoder(isMarked: isMarked)
            let encoder = ExampleEncoder(
                tokenizer: tokenizer, template: try ConversationTemplates.named("llama-2"),
                marks: TextMarks(beginningOfText: "<s>", endOfText: "</s>"), image: image)
            let example = try encoder.encode(row)
            #expect(example.ids == [MarkEncoder.mark] + text.unicodeScalars.map { Int32($0.value) })
            #expect(example.supervisedCount == "A </s>".count)
            #expect(try encoder.encodePrompt([row.turns[0]]).first == MarkEncoder.mark)
        }
    }
}

/// A tokenizer of scalars that knows `<s>`, and begins texts with it or does not.
private struct MarkEncoder: TextEncoder {
    static let mark: Int32 = 1
    let isMarked: Bool

    func encode(_ text: String) -> (ids: [Int], offsets: [Range<Int>]) {
        var (ids, offsets) = isMarked ? ([1], [0..<0]) : ([], [])
        let scalars = Array(text.unicodeScalars)
        var position = 0
        while position < scalars.count {
            let isMark = scalars[position...].starts(with: "<s>".unicodeScalars)
            ids.append(isMark ? 1 : Int(scalars[position].value))
            offsets.append(position..<position + (isMark ? 3 : 1))
            position += isMark ? 3 : 1
        }
        return (ids, offsets)
    }
}
