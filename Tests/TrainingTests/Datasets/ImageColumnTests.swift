import Foundation
import Models
import Testing

@testable import Training

@Suite("Pictures as `datasets` writes them")
struct ImageColumnTests {
    private let folder: TemporaryFolder
    private let base64: String

    init() throws {
        folder = try TemporaryFolder()
        try folder.writePicture(to: "a.png")
        base64 = try Data(contentsOf: URL(filePath: "\(folder.path)/a.png")).base64EncodedString()
    }

    private static let turns = #"[{"from": "human", "value": "<image>Q"}, {"from": "gpt", "value": "A"}]"#

    private func pictures(_ row: String) throws -> [Data] {
        let path = try folder.write(row, to: "rows.jsonl")
        let dataset = try ConversationDataset(path: path, imageFolder: folder.path)
        return try dataset.conversation(at: 0).images.map { try $0.contents() }
    }

    @Test(
        "are read as a path or in base64, alone and in lists",
        arguments: [
            #""image": {"bytes": null, "path": "a.png"}"#, #""image": [{"bytes": null, "path": "a.png"}]"#,
            #""image": {"bytes": "BASE64", "path": "gone.png"}"#, #""image": {"bytes": "BASE64", "path": null}"#,
            #""images": [{"bytes": "BASE64", "path": ""}, null], "image": null"#, #""image": {"path": "a.png"}"#,
            #""image": {"bytes": "", "path": "a.png"}, "score": NaN, "other": [-Infinity, Infinity], "system": null"#,
        ])
    func forms(member: String) throws {
        let member = member.replacing("BASE64", with: base64)
        let expected = [try Data(contentsOf: URL(filePath: "\(folder.path)/a.png"))]
        #expect(try pictures(#"{\#(member), "conversations": \#(Self.turns)}"#) == expected)
        #expect(try pictures(#"{\#(member), "caption": "A", "text": null, "messages": null}"#) == expected)
        let messages = Self.turns.replacing("human", with: "user").replacing(#""from""#, with: #""from": null, "role""#)
            .replacing("value", with: "content").replacing("gpt", with: "assistant")
        #expect(try pictures(#"{\#(member), "messages": \#(messages), "conversations": null}"#) == expected)
    }

    @Test(
        "are read within messages",
        arguments: [#"{"bytes": null, "path": "a.png"}"#, #"{"bytes": "BASE64", "path": null}"#])
    func blocks(image: String) throws {
        let image = image.replacing("BASE64", with: base64)
        let row = #"""
            {"messages": [{"role": "user", "content": [{"type": "image", "text": null, "image": \#(image)},
            """#.replacing("\n", with: "")
            + #"{"type": "text", "text": "Q", "image": null}]}, {"role": "assistant", "content": "A"}]}"#
        #expect(try pictures(row).count == 1)
    }

    @Test("may be missing from a row of text")
    func textOnly() throws {
        for member in [#""image": null"#, #""images": null"#, #""images": []"#, #""images": [null]"#] {
            let row =
                #"{\#(member), "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}"#
            #expect(try pictures(row).isEmpty)
        }
    }

    @Test("are read in tables of captions and in archives")
    func otherPlaces() throws {
        let table = try folder.write(
            #"{"image": {"bytes": null, "path": "a.png"}, "text": "A", "score": NaN}"# + "\n", to: "metadata.jsonl")
        let captions = try CaptionRows(path: table, question: "Q")
        let stored = try folder.write(
            #"{"image": {"bytes": "\#(base64)"}, "captions": ["A", "B"]}"# + "\n", to: "b.jsonl")
        let twice = try CaptionRows(path: stored, question: "Q")
        #expect(try twice.conversation(at: 1).images.map { try $0.contents().base64EncodedString() } == [base64])
        #expect(try captions.conversation(at: 0).images == [Picture(file: "\(folder.path)/a.png")])
        var tar = TarFile()
        tar.add("1.json", #"{"image": {"bytes": "\#(base64)", "path": null}, "caption": "A", "messages": null}"#)
        tar.add("2.json", #"{"image": {"bytes": "\#(base64)", "path": null}, "conversations": \#(Self.turns)}"#)
        tar.add("3.json", #"{"image": {"bytes": null, "path": "3.png"}, "conversations": \#(Self.turns), "x": NaN}"#)
        tar.add("3.png", try Data(contentsOf: URL(filePath: "\(folder.path)/a.png")))
        let archive = try folder.write(tar.data + Data(count: 1024), to: "rows.tar")
        let rows = try WebDatasetRows(DatasetOptions(path: archive))
        for row in 0..<3 {
            #expect(try rows.conversation(at: row).images.map { try $0.contents().base64EncodedString() } == [base64])
        }
    }

    @Test(
        "that are none of these are told as what they are",
        arguments: [
            (#"{"bytes": null, "path": null}"#, "`image`: has neither `bytes` nor a `path`"),
            (#"{"url": "a.png"}"#, "`image`: expected a path or a list of paths"),
            (#"{"bytes": "no base64", "path": null}"#, "`bytes` are not valid base64"),
            (#"{"bytes": [1, 2], "path": null}"#, "`image.bytes`: expected text, found the list [1, 2]"),
            (#"7"#, "`image`: expected a path or a list of paths"),
        ])
    func problems(image: String, problem: String) throws {
        let message = errorMessage { try pictures(#"{"image": \#(image), "conversations": \#(Self.turns)}"#) }
        #expect(message?.contains(problem) == true, "\(message ?? "read")")
    }
}
