import Foundation
import Models
import Testing

@testable import Training

@Suite("Parquet in the other forms of rows")
struct ParquetColumnTests {
    private static let forms = URL(filePath: ParquetFixture.folder).deletingLastPathComponent()
        .appending(path: "forms").path

    private func picture(_ row: Int) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(Self.forms)/pictures/\(row).png"))
    }

    private func options(
        _ name: String = "fields.parquet", columns: String = "image=picture,question=asked,answers=replies,label=kind"
    ) throws -> DatasetOptions {
        var options = DatasetOptions(path: "\(Self.forms)/\(name)", imageFolder: "\(Self.forms)/pictures")
        options.columns = try ColumnMapping(text: columns)
        return options
    }

    @Test("Mapped columns make rows of questions and answers, with images from bytes and from paths")
    func mapped() throws {
        let (rows, format) = try DatasetFormats.open(options())
        #expect(format == .questionAnswer && rows.count == 6)
        for row in [5, 0, 3, 2] {
            let conversation = try rows.conversation(at: row)
            #expect(conversation.turns.map(\.text) == ["<image>\nWhat is picture \(row)?", "a square"])
            #expect(try conversation.images.map { try $0.contents() } == [picture(row)])
        }
        #expect(try rows.fields(ofRow: 4)["label"] == .int(1))
    }

    @Test("A mapped column that no file has is told with those there are")
    func unknown() throws {
        let message = errorMessage { try options(columns: "image=picure").openRows() }
        #expect(message?.contains("has the column `picure`") == true, "\(message ?? "opened")")
        #expect(message?.contains("picture, asked, replies, kind") == true, "\(message ?? "opened")")
        #expect(message?.contains("did you mean `picture`?") == true, "\(message ?? "opened")")
    }

    @Test("Parts hold the rows with their own names and the images' bytes, and are read with the same mapping")
    func parts() throws {
        let rows = try options().openRows()
        let folder = try TemporaryFolder()
        var part = try options()
        part.path = try folder.write(
            Data("[".utf8) + rows.part(ofRow: 1) + Data(",".utf8) + rows.part(ofRow: 2) + Data("]".utf8),
            to: "part.json")
        let found = try part.openRows()
        for (row, original) in [1, 2].enumerated() {
            let (here, there) = (try found.conversation(at: row), try rows.conversation(at: original))
            #expect(here.turns == there.turns)
            #expect(try here.images.map { try $0.contents() } == there.images.map { try $0.contents() })
            #expect(try found.fields(ofRow: row)["label"] == rows.fields(ofRow: original)["label"])
        }
    }

    @Test("Its rows say the class of their image for zero-shot classification")
    func labels() throws {
        let found = try LabelledPictures(options(), key: "label", classes: ["a", "b", "c"], fit: nil)
        #expect(found.entries.map(\.label) == [0, 1, 2, 0, 1, 2])
        #expect(try found.entries.map { try $0.picture.contents() } == (0..<6).map(picture))
        let message = errorMessage {
            try LabelledPictures(
                file: "\(Self.forms)/fields.parquet", key: "kind", imageFolder: ".", classes: ["a", "b", "c"])
        }
        #expect(message?.contains("has no path at `image`") == true, "\(message ?? "read")")
    }

    @Test("A table of captions in Parquet says captions and classes")
    func captions() throws {
        let folder = "\(Self.forms)/table"
        let (rows, format) = try DatasetFormats.open(options("table", columns: ""))
        #expect(format == .imageCaption && rows.path == folder)
        #expect(try rows.conversation(at: 2).turns.map(\.text) == ["<image>\nDescribe the picture.", "Picture 2."])
        #expect(try rows.conversation(at: 2).images.map { try $0.contents() } == [picture(2)])
        let found = try LabelledPictures(
            options("table", columns: "label=label"), key: "label", classes: ["coat", "bag"], fit: nil)
        #expect(found.entries.map(\.label) == [0, 1, 0, 1])
    }

    @Test("Rows of JSON with images from bytes are pictures of a class too")
    func bytes() throws {
        let folder = try TemporaryFolder()
        let base64 = try picture(1).base64EncodedString()
        let path = try folder.write(
            #"{"image": {"bytes": "\#(base64)", "path": null}, "label": 1}"# + "\n"
                + #"{"image": {"bytes": null, "path": "2.png"}, "label": "coat"}"#, to: "rows.jsonl")
        let options = DatasetOptions(path: path, imageFolder: "\(Self.forms)/pictures")
        let found = try LabelledPictures(options, key: "label", classes: ["coat", "bag"], fit: nil)
        #expect(found.entries.map(\.label) == [1, 0])
        #expect(try found.entries.map { try $0.picture.contents() } == [picture(1), picture(2)])
    }
}
