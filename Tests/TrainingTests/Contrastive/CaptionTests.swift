import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Captions")
struct CaptionTests {
    private let model: any ContrastiveModel

    init() throws {
        let golden = try #require(ClipGolden.all.first { $0.name == "vision-only" })
        model = try golden.adapted().model
    }

    private var encoder: CaptionEncoder { CaptionEncoder(tokenizer: TinyWords(), model: model) }

    private func dataset(_ rows: [String], onLong: DataArguments.LongRows = .error) throws -> EncodedDataset {
        let folder = try TemporaryFolder()
        try folder.writePicture(to: "a.png")
        let path = try folder.write(rows.joined(separator: "\n"), to: "rows.jsonl")
        return try EncodedDataset(
            ConversationDataset(path: path, imageFolder: folder.path), encoder: encoder, maxLength: 100, onLong: onLong)
    }

    @Test("A caption is a row's `caption`, `text`, or only answer; each row counts once")
    func forms() throws {
        let rows = try dataset([
            #"{"image": "a.png", "caption": "a red coat"}"#, #"{"image": "a.png", "text": " a red coat\n"}"#,
            #"{"image": "a.png", "conversations": [{"from": "human", "value": "<image>\nWhat is it?"},"#
                + #" {"from": "gpt", "value": "a red coat"}]}"#,
        ])
        let examples = try (0..<3).map { try rows.example(at: $0) }
        #expect(Set(examples.map(\.ids)).count == 1 && examples[0].ids.count == 5)
        #expect(examples.allSatisfy { $0.supervisedCount == 1 && $0.images.count == 1 })
    }

    @Test(
        "What is no pair is refused with the reason",
        arguments: [
            (#"{"caption": "a"}"#, "has 0 images"), (#"{"image": ["a.png", "a.png"], "caption": "a"}"#, "has 2 images"),
            (#"{"image": "a.png", "caption": " "}"#, "the answer is empty"),
            (#"{"image": "a.png"}"#, "has no `conversations`"),
            (#"{"image": "a.png", "caption": null}"#, "expected text"),
            (
                #"{"image": "a.png", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "a"},"#
                    + #" {"from": "human", "value": "b"}, {"from": "gpt", "value": "c"}]}"#, "has 2 answers"
            ),
        ])
    func refusals(row: String, reason: String) {
        let message = errorMessage { try dataset([row]) }
        #expect(message?.contains(reason) == true, "\(message ?? "taken")")
    }

    @Test("A caption that is longer than the model's texts is an error or left out, as data.on_long says")
    func length() throws {
        let long = "{\"image\": \"a.png\", \"caption\": \"\(String(repeating: "word ", count: 15))\"}"
        let short = #"{"image": "a.png", "caption": "word"}"#
        let message = errorMessage { try dataset([long, short]) }
        #expect(message?.contains("has 17 tokens, more than the 16 that the model allows: shorten it, or set") == true)
        let kept = try dataset([long, short], onLong: .drop)
        #expect(kept.count == 1 && kept.droppedCount == 1)
    }

    @Test("A caption that is longer is cut where that is asked for, end mark kept, counted, and the same every time")
    func truncation() throws {
        let long = "{\"image\": \"a.png\", \"caption\": \"\(String(repeating: "word ", count: 15))\"}"
        let short = #"{"image": "a.png", "caption": "word"}"#
        let cut = try dataset([long, short], onLong: .truncate)
        #expect(cut.count == 2 && cut.droppedCount == 0 && cut.truncatedCount == 1 && cut.longestLength == 16)
        let whole = try encoder.tokens(of: String(repeating: "word ", count: 15))
        let example = try cut.example(at: 0)
        #expect(example.ids == whole.prefix(15) + whole.suffix(1) && example.supervisedCount == 1)
        #expect(try cut.length(at: 0) == 16 && cut.example(at: 1).ids.count == 3)
        #expect(try dataset([short], onLong: .truncate).truncatedCount == 0)
    }

    @Test("A caption is cut as transformers' CLIPTokenizer truncates it")
    func truncationGolden() throws {
        struct Case: Decodable {
            var text: String
            var length: Int
            var ids: [Int32]
        }
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/clip/tokenizer").standardized
        let cases = try JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: folder.appending(path: "truncated.json")))
        let tokenizer = try Tokenizer(folder: folder)
        #expect(cases.count == 24)
        for golden in cases {
            let ids = tokenizer.encode(golden.text).ids.map { Int32($0) }
            let whole = EncodedExample(ids: ids, labels: ids, images: [], row: 0)
            let cut = ids.count > golden.length ? encoder.shortened(whole, to: golden.length) : whole
            #expect(cut?.ids == golden.ids, "\(golden.text.prefix(20)) to \(golden.length)")
        }
    }

    @Test("A tokenizer of another model is noticed")
    func otherTokenizer() throws {
        struct Other: TextEncoder {
            let ids: [Int]
            func encode(_ text: String) -> (ids: [Int], offsets: [Range<Int>]) { (ids, ids.map { _ in 0..<0 }) }
        }
        for (ids, reason) in [([58, 60, 59], "has token 60"), ([58, 5], "has no token 59"), ([59], "empty")] {
            let encoder = CaptionEncoder(tokenizer: Other(ids: ids), model: model)
            let message = errorMessage { try encoder.tokens(of: "a") } ?? ""
            #expect(message.contains(reason), "\(message)")
        }
    }

    @Test("Work for pairs must have one picture a row")
    func work() throws {
        let limits = WorkLimits(model: model, maxLength: 100)
        #expect(limits.picturesPerRow == 1 && limits.maxLength == 16 && limits.vocabularySize == 60)
        let picture = try PictureID(Array(repeating: 7, count: PictureID.byteCount))
        func data(_ pictures: [PictureID]) -> Data {
            let row = WorkExample(
                ids: [58, 4, 59], labels: [PackedBatch.unsupervised, PackedBatch.unsupervised, 59], pictures: pictures)
            return StretchWork(steps: [[0]], rows: WorkRows([row])).data
        }
        #expect(try StretchWork(data([picture]), limits: limits).rows.count == 1)
        for pictures in [[], [picture, picture]] {
            let message = errorMessage { try StretchWork(data(pictures), limits: limits) } ?? ""
            #expect(message.contains("has \(pictures.count) images, expected 1"), "\(message)")
        }
    }
}
