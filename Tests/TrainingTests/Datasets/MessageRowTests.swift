import Foundation
import Testing
import Training

@Suite("A row of messages")
struct MessageRowTests {
    private let folder: TemporaryFolder
    private static let png =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"

    init() throws {
        folder = try TemporaryFolder()
        for name in ["a.png", "b c.png"] { try folder.writePicture(to: name) }
    }

    /// A dataset of one row: a question of some content, and an answer.
    private func dataset(_ content: String, row: String = "") throws -> ConversationDataset {
        let text = #"""
            [{\#(row) "messages": [{"role": "user", "content": \#(content)},
              {"role": "assistant", "content": [{"type": "text", "text": "A"}]}]}]
            """#
        return try ConversationDataset(path: try folder.write(text, to: "train.json"), imageFolder: folder.path)
    }

    private func message(_ content: String, row: String = "") -> String? {
        errorMessage { try dataset(content, row: row) }?.replacing(folder.path, with: "DIR")
    }

    private func file(_ name: String) -> Picture { Picture(file: "\(folder.path)/\(name)") }

    @Test("has pictures in blocks, by path, file: URL and image_url, where they stand")
    func blocks() throws {
        let content = #"""
            [{"type": "image", "image": "a.png"}, {"type": "text", "text": "One"}, {"type": "text", "text": " and"},
             {"type": "image_url", "image_url": {"url": "file://\#(folder.path)/b%20c.png"}},
             {"type": "image", "path": "a.png"}, {"type": "image", "url": "b c.png"},
             {"type": "image_url", "image_url": "a.png"}]
            """#
        let row = try dataset(content).conversation(at: 0)
        #expect(row.turns[0].text == "<image>\nOne and\n<image>\n<image>\n<image>\n<image>")
        #expect(row.images == ["a.png", "b c.png", "a.png", "b c.png", "a.png"].map(file))
        #expect(row.turns[1].text == "A")
    }

    @Test("lists pictures beside its messages for blocks and markers that name none")
    func listed() throws {
        let content = #"""
            [{"type": "image"}, {"type": "image", "image": "b c.png"}, {"type": "text", "text": "and <image>"}]
            """#
        let row = try dataset(content, row: #""images": ["a.png", "b c.png"],"#).conversation(at: 0)
        #expect(row.images == ["a.png", "b c.png", "b c.png"].map(file))
        let plain = try dataset(#""<image> Q""#, row: #""image": "a.png","#).conversation(at: 0)
        #expect(plain.images == [file("a.png")])
    }

    @Test("may hold pictures itself, which are read where they lie")
    func embedded() throws {
        // JSON may escape a slash, and a URL may escape a plus sign.
        let url = "data:image/png;base64,\(Self.png)".replacing("/", with: "\\/").replacing("+", with: "%2B")
        let content = #"[{"type": "image", "image": "a.png"}, {"type": "image_url", "image_url": {"url": "\#(url)"}}]"#
        let picture = try dataset(content).conversation(at: 0).images[1]
        #expect(picture.description == "\(folder.path)/train.json: image 1 of example 0")
        #expect(try picture.contents() == Data(base64Encoded: Self.png))
        #expect(try picture.size() == (1, 1))
        #expect(try picture.decoded() == file("a.png").decoded())
        let lines = try folder.write("x", to: "train.json")
        #expect(errorMessage { try picture.contents() }?.contains("\(lines): ends before byte") == true)
    }

    @Test(
        "that cannot be used says why",
        arguments: [
            (#"[{"type": "image_url", "image_url": {"url": "https://x.org/a.png"}}]"#, "", "is not on this machine"),
            (
                #"[{"type": "image", "image": "s3://x/a.png"}]"#, "",
                "is not on this machine: download it and give its path"
            ),
            (#"[{"type": "image", "image": "data:image/png;base64,AAA"}]"#, "", "not valid base64, or are truncated"),
            (#"[{"type": "image", "image": "data:image/png,AAAA"}]"#, "", "is not in base64"),
            (#"[{"type": "image", "image": "data:image/png;base64,"}]"#, "", "the file is empty"),
            (#"[{"type": "image"}]"#, "", "1 `<image>` marker but 0 images"),
            (#"[{"type": "text", "text": "Q"}]"#, #""images": ["a.png"],"#, "0 `<image>` markers but 1 image"),
            (#"[{"type": "video", "video": "a.mp4"}]"#, "", "`messages[0].content[0]`: is a block of type `video`"),
            (#"[{"text": "Q"}]"#, "", "`messages[0].content[0]`: has no `type`"),
            (#"[{"type": "text"}]"#, "", "`messages[0].content[0]`: has no `text`"),
            ("3", "", "`messages[0].content`: expected text or a list of blocks"),
            ("null", "", "`messages[0].content`: expected text or a list of blocks"),
            (#"[{"type": "image", "image": "c.png"}]"#, "", "the image DIR/c.png does not exist"),
        ])
    func problems(content: String, row: String, problem: String) {
        let found = message(content, row: row)
        #expect(found?.contains(problem) == true, "\(found ?? "no error")")
    }

    @Test("in ShareGPT's tags is read with its list of pictures")
    func shareGPT() throws {
        let text = #"""
            {"conversations": [{"from": "system", "value": "S"}, {"from": "human", "value": "<image><image>"},
             {"from": "gpt", "value": "A"}], "images": ["b c.png", "a.png"]}
            """#.replacing("\n", with: " ")
        let path = try folder.write(text, to: "train.jsonl")
        let dataset = try ConversationDataset(path: path, imageFolder: folder.path)
        let row = try dataset.conversation(at: 0)
        #expect(dataset.format == .sharegpt)
        #expect(row.images == ["b c.png", "a.png"].map(file))
        #expect(row.turns.map(\.role) == [.system, .user, .assistant])
    }
}
