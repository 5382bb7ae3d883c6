import Foundation
import Models
import Testing
import Training

@Suite("Rows that cannot be used")
struct BadRowTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.writePicture(to: "a.png")
        let whole = try Data(contentsOf: URL(filePath: "\(folder.path)/a.png"))
        // The header is good, what follows is not.
        var damaged = whole
        damaged[45] ^= 0xFF
        try folder.write(damaged, to: "damaged.png")
        try folder.write(Data(), to: "empty.png")
        var bomb = whole
        bomb.replaceSubrange(16..<24, with: [0, 1, 0, 0, 0, 1, 0, 0])
        try folder.write(bomb, to: "bomb.png")
    }

    private static func row(_ image: String, _ question: String = "<image>", _ answer: String = "A b") -> String {
        #"{"id": "\#(image)", "image": "\#(image)", "conversations": [{"from": "human", "value": "\#(question)"},"#
            + #" {"from": "gpt", "value": "\#(answer)"}]}"#
    }

    /// Good rows at 0, 3 and 10; what is wrong with the others is in `reasons`.
    private func write() throws -> String {
        let rows = [
            Self.row("a.png"), Self.row("none.png"), Self.row("empty.png"), Self.row("a.png"), Self.row("bomb.png"),
            Self.row("damaged.png"), Self.row("a.png", "no marker"), "{ not JSON", Self.row("a.png", "<image>", " "),
            Self.row("a.png", "<image>", "w w w w w w w w w w w w"), Self.row("a.png"),
        ]
        let bytes = Data((rows.joined(separator: "\n") + "\n").utf8) + [0xFF, 0x0A]
        return try folder.write(bytes, to: "train.jsonl")
    }

    private static let reasons = [
        (1, "does not exist"), (2, "the file is empty"), (4, "65536×65536"), (5, "damaged"), (6, "0 `<image>` markers"),
        (7, "not valid JSON"), (8, "the answer is empty"), (9, "more than data.max_length"), (11, "is not UTF-8"),
    ]

    private func encoded(skips: Bool, onLong: DataArguments.LongRows = .error) throws -> EncodedDataset {
        var options = DatasetOptions(path: try write(), imageFolder: folder.path)
        options.skipsBadRows = skips
        let encoder = ExampleEncoder(
            tokenizer: WordEncoder(), template: try ConversationTemplates.named("vicuna"), endOfText: "</s>",
            image: ImagePlaceholder(token: "<image>", id: WordEncoder.imageID, countPerImage: 1))
        return try EncodedDataset(ConversationDataset(options), encoder: encoder, maxLength: 12, onLong: onLong)
    }

    @Test("are left out and named where that is asked for")
    func skipped() throws {
        let dataset = try encoded(skips: true)
        #expect(try (0..<dataset.count).map { try dataset.example(at: $0).row } == [0, 3, 10])
        #expect(dataset.skipped.map(\.row) == Self.reasons.map(\.0))
        for (problem, (row, reason)) in zip(dataset.skipped, Self.reasons) {
            #expect(problem.reason.contains(reason), "\(problem)")
            #expect(problem.line == row + 1)
        }
        #expect(dataset.droppedCount == 0)
        #expect(dataset.datasetCount == 12)
    }

    @Test("are no reason to stop where too long ones are dropped anyway")
    func dropped() throws {
        let dataset = try encoded(skips: true, onLong: .drop)
        #expect(dataset.droppedCount == 1)
        #expect(dataset.skipped.count == Self.reasons.count - 1)
    }

    @Test("are refused with what to do otherwise, but for a picture whose header is good")
    func refused() throws {
        let message = try #require(errorMessage { try encoded(skips: false) })
        #expect(
            message.contains(
                "train.jsonl: 7 of 12 examples cannot be used; correct them, or skip them with --skip-bad-rows"))
        #expect(message.contains("example 1 (id none.png, line 2): the image \(folder.path)/none.png does not exist"))
        #expect(!message.contains("damaged.png"))
    }

    private func layout(_ processor: ImageProcessor, _ size: Int) -> WholeImageLayout {
        WholeImageLayout(processor, tile: TileSize(height: size, width: size))
    }

    @Test("are those, too, whose pictures the model cannot take; a processor that never fits is refused at once")
    func sizes() throws {
        let options = DatasetOptions(
            path: try folder.write(Self.row("a.png"), to: "train.jsonl"), imageFolder: folder.path)
        let fitting = try PictureFit(layout(ImageProcessor(), 1), name: "m")
        #expect(try ConversationDataset(options, fit: fitting).count == 1)
        let other = try PictureFit(layout(ImageProcessor(), 2), name: "m")
        let message = errorMessage { try ConversationDataset(options, fit: other) }
        #expect(
            message?.contains("the processor makes 1×1 pixels, but the model takes 2×2") == true, "\(message ?? "")")
        var cropping = ImageProcessor()
        cropping.crop = ImageCrop(height: 3, width: 3)
        let refusal = errorMessage { try PictureFit(layout(cropping, 2), name: "m") }
        #expect(refusal?.hasPrefix("m: the processor makes 3×3 pixels") == true, "\(refusal ?? "")")
    }

    @Test("and that are all rows are an error even so")
    func all() throws {
        var options = DatasetOptions(
            path: try folder.write(Self.row("none.png"), to: "train.jsonl"), imageFolder: folder.path)
        options.skipsBadRows = true
        #expect(errorMessage { try ConversationDataset(options) }?.contains("1 of 1 examples cannot be used") == true)
    }

    @Test("tell programs where they are")
    func json() {
        let problem = RowProblem(row: 3, file: "a.tar", line: nil, id: "7", reason: "is \"bad\"")
        #expect(
            problem.json(dataset: "d")
                == #"{"dataset": "d", "row": 3, "file": "a.tar", "id": "7", "reason": "is \"bad\""}"#)
    }
}
