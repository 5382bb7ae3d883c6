import Foundation
import Testing
import Training

@Suite("What tells a dataset from others")
struct DatasetIdentityTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func encoded(
        _ answers: [String], images: [String?] = [], in name: String = "a", template: String = "vicuna",
        maxLength: Int = 100
    ) throws -> EncodedDataset {
        let rows = answers.enumerated().map { index, answer in
            let image = index < images.count ? images[index] : nil
            return #"{"id": "\#(name)", \#(image.map { #""image": "\#($0)","# } ?? "") "conversations": ["#
                + #"{"from": "human", "value": "\#(image == nil ? "" : "<image>")Q"}, {"from": "gpt", "value": "\#(answer)"}]}"#
        }
        let path = try folder.write(rows.joined(separator: "\n"), to: "\(name)/train.jsonl")
        let encoder = ExampleEncoder(
            tokenizer: WordEncoder(), template: try ConversationTemplates.named(template), endOfText: "</s>",
            image: ImagePlaceholder(token: "<image>", id: WordEncoder.imageID, countPerImage: 2))
        return try EncodedDataset(
            ConversationDataset(path: path, imageFolder: "\(folder.path)/\(name)"), encoder: encoder,
            maxLength: maxLength, onLong: .drop)
    }

    @Test("is what its rows say, in their order, and not where they are or what they are called")
    func rows() throws {
        let answers = (0..<200).map { "answer \($0)" }
        let identity = try encoded(answers).identity
        #expect(identity == (try encoded(answers, in: "b").identity))
        #expect(identity.rowCount == 200)
        for other in [answers.dropLast(), answers + ["one more"], answers.reversed(), answers.map { $0 + "." }] {
            let found = try encoded(Array(other)).identity
            #expect(found.rows != identity.rows && found.tokens != identity.tokens)
        }
        // What moves from one row to the next does not cancel out.
        #expect(try encoded(["a b", "c"]).identity.rows != encoded(["a", "b c"]).identity.rows)
    }

    @Test("tells what became of the rows from what they say")
    func tokens() throws {
        let answers = ["a", "b c d e f g", "h"]
        let identity = try encoded(answers).identity
        let otherTemplate = try encoded(answers, template: "chatml").identity
        #expect(otherTemplate.rows == identity.rows && otherTemplate.tokens != identity.tokens)
        let shorter = try encoded(answers, maxLength: 9).identity
        #expect(shorter.rows == identity.rows && shorter.tokens != identity.tokens)
        #expect(try encoded(answers, maxLength: 50).identity == identity)
    }

    @Test("includes the bytes of every image, also where size and time are the same")
    func images() throws {
        func picture(_ name: String) throws -> Data {
            try Data(contentsOf: URL(filePath: "\(TinyLlava.pictures)/\(name)"))
        }
        let (red, blue) = (try picture("red-circle.jpg"), try picture("blue-square.png"))
        for name in ["a", "b"] {
            try folder.write(red, to: "\(name)/one.jpg")
            try folder.write(blue, to: "\(name)/two.png")
        }
        let (answers, images) = (["x", "y", "z"], ["one.jpg", "two.png", "one.jpg"])
        let digest = try encoded(answers, images: images).imageDigest()
        #expect(digest == (try encoded(answers, images: images, in: "b").imageDigest()))
        #expect(digest != (try encoded(answers, images: ["two.png", "one.jpg", "one.jpg"]).imageDigest()))
        var changed = red
        changed[changed.count - 3] ^= 1
        try folder.write(changed, to: "b/one.jpg")
        #expect(digest != (try encoded(answers, images: images, in: "b").imageDigest()))
    }

    @Test("is a digest that can be written down and read back, and nothing else")
    func text() throws {
        var hasher = ContentHasher()
        hasher.add("ab")
        hasher.add("c")
        let digest = hasher.digest
        #expect(ContentDigest(digest.description) == digest)
        #expect(digest.description.count == 64)
        #expect(ContentDigest("ab") == nil && ContentDigest(digest.description.uppercased()) == nil)
        var other = ContentHasher()
        other.add("a")
        other.add("bc")
        #expect(other.digest != digest)
    }
}
