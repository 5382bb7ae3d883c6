import Testing
import Training

@Suite("An encoded dataset")
struct EncodedDatasetTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A dataset with an answer of so many words in each row.
    private func encoded(
        _ words: [Int], maxLength: Int, onLong: DataArguments.LongRows, question: String = "Q",
        image: ImagePlaceholder = ImagePlaceholder(token: "<image>", id: WordEncoder.imageID, countPerImage: 2)
    ) throws -> EncodedDataset {
        let rows = words.map { count in
            let answer = Array(repeating: "w", count: count).joined(separator: " ")
            return #"{"conversations": [{"from": "human", "value": "\#(question)"},"#
                + #" {"from": "gpt", "value": "\#(answer)"}]}"#
        }
        let path = try folder.write(rows.joined(separator: "\n"), to: "train.jsonl")
        let encoder = ExampleEncoder(
            tokenizer: WordEncoder(), template: try ConversationTemplates.named("vicuna"), endOfText: "</s>",
            image: image)
        return try EncodedDataset(
            ConversationDataset(path: path, imageFolder: folder.path), encoder: encoder, maxLength: maxLength,
            onLong: onLong)
    }

    private func message(_ body: () throws -> EncodedDataset) -> String? {
        errorMessage(of: body)?.replacing(folder.path, with: "DIR")
    }

    @Test("knows the length of each row and gives it when asked")
    func lengths() throws {
        let dataset = try encoded([1, 3, 2], maxLength: 8, onLong: .error)
        #expect(dataset.count == 3)
        #expect((0..<3).map(dataset.length) == [6, 8, 7])
        #expect((0..<3).map(dataset.supervisedCount) == [2, 4, 3])
        #expect(try dataset.example(at: 1).ids.count == 8)
        #expect(dataset.droppedCount == 0)
    }

    @Test("leaves out longer rows where that is asked for, and counts them")
    func drops() throws {
        let dataset = try encoded([1, 9, 2, 8], maxLength: 7, onLong: .drop)
        #expect(dataset.count == 2)
        #expect(dataset.droppedCount == 2)
        #expect(try dataset.example(at: 1).row == 2)
    }

    @Test("refuses longer rows otherwise")
    func refuses() throws {
        #expect(
            message { try encoded([1, 9, 2], maxLength: 7, onLong: .error) } == """
                DIR/train.jsonl: 1 of 3 examples cannot be used; correct them, or skip them with --skip-bad-rows:
                  example 1 (line 2): has 14 tokens, more than data.max_length 7: raise it, or set data.on_long to drop
                """)
    }

    @Test("cuts no conversation, and says why")
    func cutsNothing() throws {
        let found = message { try encoded([1, 9], maxLength: 7, onLong: .truncate) } ?? "taken"
        #expect(found.hasPrefix("data.on_long: truncate is for the captions of CLIP models"), "\(found)")
        #expect(found.hasSuffix("raise data.max_length, or set data.on_long to drop"))
    }

    @Test("does not shrink to nothing")
    func nothingLeft() throws {
        #expect(
            message { try encoded([9, 9], maxLength: 7, onLong: .drop) }
                == "DIR/train.jsonl: all 2 examples are longer than data.max_length 7: raise it")
    }

    @Test("refuses text that holds the model's image token itself")
    func foreignImageToken() throws {
        let image = ImagePlaceholder(
            token: "<pad>", id: 2 + "<pad>".unicodeScalars.reduce(0) { $0 + Int($1.value) }, countPerImage: 2)
        #expect(
            message { try encoded([1], maxLength: 20, onLong: .error, question: "a<pad>", image: image) } == """
                DIR/train.jsonl: 1 of 1 examples cannot be used; correct them:
                  example 0 (line 1): has 1 image tokens, expected 0 for 0 images: its text must not contain `<pad>` itself
                """)
    }
}
