import Foundation
import Testing
import Training

@Suite("Pictures with captions")
struct CaptionRowsTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["a.png", "sub/b.png"] { try folder.writePicture(to: name) }
    }

    private func captions(_ text: String, _ name: String) throws -> [String] {
        let dataset = try ConversationDataset(path: try folder.write(text, to: name), imageFolder: "/nowhere")
        return try (0..<dataset.count).map { try dataset.conversation(at: $0).turns[1].text }
    }

    @Test("come from CSV with quotes, line ends and commas within fields")
    func csv() throws {
        let text =
            "text,file_name,extra\r\n\"One, \"\"two\"\"\r\nthree\",a.png,\r\n\r\nPlain,sub/b.png,x\r\n\"\",a.png,\n"
        let path = try folder.write(text, to: "metadata.csv")
        let dataset = errorMessage { try ConversationDataset(path: path, imageFolder: ".") }
        #expect(dataset?.contains("example 2 (id a.png, line 6): `conversations[1]`: the answer is empty") == true)
        let good = try captions(String(text.dropLast("\"\",a.png,\n".count)), "metadata.csv")
        #expect(good == ["One, \"two\"\r\nthree", "Plain"])
    }

    @Test("come from CSV whose lines end with carriage returns alone")
    func carriageReturns() throws {
        let good = try captions("file_name,text\ra.png,\"One\r two\"\rsub/b.png,Three\r", "metadata.csv")
        #expect(good == ["One\r two", "Three"])
    }

    @Test("come from JSON Lines, several to a picture")
    func jsonLines() throws {
        let text = """
            {"file_name": "a.png", "captions": ["One", "Two"]}
            {"file_name": "sub/b.png", "caption": "Three", "captions": null}
            {"file_name": "a.png", "text": "Four"}
            """
        #expect(try captions(text, "metadata.jsonl") == ["One", "Two", "Three", "Four"])
        let dataset = try ConversationDataset(path: folder.path, imageFolder: ".")
        #expect(try dataset.conversation(at: 1).images == [Picture(file: "\(folder.path)/a.png")])
        #expect(try dataset.conversation(at: 2).id == "sub/b.png")
        #expect(dataset.rows.place(ofRow: 3).line == 3)
    }

    @Test(
        "that are not in order are named by line",
        arguments: [
            ("file_name,text\na.png", "example 0 (line 2): has 1 fields, expected 2 as in the first line"),
            ("file_name,text\n\"a.png\"x,A", "example 0 (line 2): field 1: expected a comma after its closing quote"),
            ("file_name,text\na\"b,A", "example 0 (line 2): a quote occurs in a field that is not quoted"),
            ("file_name,text\n,A", "example 0 (line 2): has no `file_name`"),
            ("file_name,txt\na.png,A", "example 0 (id a.png, line 2): has no `text` or `caption`"),
            ("file_name,text\n\"a.png,A", ":2: a quote that begins in this row is not closed"),
            ("file_name,text\n", "contains no examples"),
            ("file_name,text\nc.png,A", "example 0 (id c.png, line 2): the image DIR/c.png does not exist"),
            ("file_name,text\nhttps://x/c.png,A", "`https://x/c.png` is not on this machine"),
            (#"{"file_name": "a.png", "text": {"a": 3}}"#, "`text`: expected text or a list of texts, found a mapping"),
            (#"{"file_name": "a.png", "captions": []}"#, "`captions`: expected text or a list of texts"),
            (
                "{\"file_name\": \"a.png\", \"text\": \"A\"}\n{\"text\"}",
                "example 1 (line 2): its JSON:1: not valid JSON: expected `:`"
            ),
            (#"{"file_name": "a.png", "text": "an <image>"}"#, "2 `<image>` markers but 1 image"),
        ])
    func problems(text: String, problem: String) throws {
        let path = try folder.write(text, to: "table.txt")
        let message = errorMessage { try ConversationDataset(path: path, imageFolder: ".") }?
            .replacing(folder.path, with: "DIR")
        #expect(message?.contains(problem) == true, "\(message ?? "no error")")
    }

    @Test("that are not UTF-8 are refused")
    func encoding() throws {
        let path = try folder.write(Data("file_name,text\na.png,".utf8) + [0xFF], to: "metadata.csv")
        let message = errorMessage { try ConversationDataset(path: path, imageFolder: ".") }
        #expect(message?.contains("example 0 (line 2): is not UTF-8") == true)
    }
}
