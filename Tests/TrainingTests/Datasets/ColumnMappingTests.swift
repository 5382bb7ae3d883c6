import Foundation
import Models
import Testing

@testable import Training

@Suite("A mapping of columns")
struct ColumnMappingTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["a.png", "pictures/a.png"] { try folder.writePicture(to: name) }
    }

    private func dataset(_ text: String, _ columns: String, name: String = "rows.json") throws -> ConversationDataset {
        var options = DatasetOptions(path: try folder.write(text, to: name), imageFolder: folder.path)
        options.columns = try ColumnMapping(text: columns)
        return try ConversationDataset(options)
    }

    private func message(_ text: String, _ columns: String, name: String = "rows.json") -> String? {
        errorMessage { try dataset(text, columns, name: name) }?.replacing(folder.path, with: "DIR")
    }

    @Test("gives rows lorad's names: what is mapped is renamed, and hides what has that name already")
    func applied() throws {
        let mapping = try ColumnMapping(text: " image = filepath , question=query,answer=answer")
        #expect(mapping.entries.map(\.name) == ["image", "question", "answer"])
        let row = try JSONValue(
            parsing: Data(#"{"filepath": "a", "image": 3, "query": "Q", "other": 1, "answer": "A"}"#.utf8), file: "x")
        #expect(mapping.applied(to: row).text() == #"{"image": "a", "question": "Q", "other": 1, "answer": "A"}"#)
        let twice = try ColumnMapping(text: "question=text,answer=text")
        let text = try JSONValue(parsing: Data(#"{"text": "x"}"#.utf8), file: "x")
        #expect(twice.applied(to: text).text() == #"{"question": "x", "answer": "x"}"#)
        #expect(try ColumnMapping(text: "").applied(to: row) == row)
    }

    @Test(
        "refuses what it cannot mean",
        arguments: [
            ("imgae=x", "`imgae` is not a column name that lorad knows; did you mean image?"),
            ("xyzxyz=x", "expected one of image, images, question, answer"),
            ("image", "`image`: expected NAME=COLUMN"), ("image=a,image=b", "`image` is mapped twice"),
            ("image=", "a column without a name"),
        ])
    func refused(text: String, reason: String) {
        let message = errorMessage { try ColumnMapping(text: text) }
        #expect(message?.contains(reason) == true, "\(message ?? "taken")")
    }

    @Test(
        "leads to the row that lorad's own names would give",
        arguments: [
            (
                #"{"filepath": "a.png", "query": "Q", "response": "A", "patient": 7}"#,
                "image=filepath,question=query,answer=response,person=patient"
            ),
            (
                #"{"img": "a.png", "q": "Q", "a": "A", "patient": "7", "answer": 3}"#,
                "image=img,instruction=q,output=a,person=patient"
            ),
            (
                #"{"img": "a.png", "chat": [{"from": "human", "value": "<image>\nQ"}, {"from": "gpt", "value": "A"}], "patient": 7}"#,
                "image=img,conversations=chat,person=patient"
            ),
            (
                #"{"img": ["a.png"], "chat": [{"role": "user", "content": "<image>\nQ"}, {"role": "assistant", "content": "A"}],"#
                    + #" "patient": 7}"#, "images=img,messages=chat,person=patient"
            ),
        ])
    func forms(row: String, columns: String) throws {
        for text in ["[\(row)]", row] {
            let found = try dataset(text, columns).conversation(at: 0)
            #expect(found.turns == [.init(.user, "<image>\nQ"), .init(.assistant, "A")])
            #expect(found.images == [Picture(file: "\(folder.path)/a.png")] && found.person == "7")
        }
    }

    @Test("holds for tables of captions, for others, and for the rows in archives")
    func containers() throws {
        let table = "photo,said,who\na.png,A cat.,7\n"
        let captions = try dataset(table, "file_name=photo,caption=said,person=who", name: "pictures/metadata.csv")
        #expect(captions.format == .imageCaption)
        #expect(try captions.conversation(at: 0).images == [Picture(file: "\(folder.path)/pictures/a.png")])
        #expect(try captions.conversation(at: 0).person == "7")
        let other = try dataset(table, "image=photo,title=said,person=who", name: "rows.csv")
        #expect(other.format == .openCLIP)
        #expect(try other.conversation(at: 0).images == [Picture(file: "\(folder.path)/a.png")])
        var tar = TarFile()
        tar.add("1.png", try Data(contentsOf: URL(filePath: "\(folder.path)/a.png")))
        tar.add("1.json", #"{"q": "Q", "said": 3}"#)
        var options = DatasetOptions(path: try folder.write(tar.finished, to: "x.tar"))
        options.columns = try ColumnMapping(text: "question=q,answer=said")
        let archive = try ConversationDataset(options)
        #expect(try archive.conversation(at: 0).turns == [.init(.user, "<image>\nQ"), .init(.assistant, "3")])
        #expect(try archive.rows.fields(ofRow: 0)["question"]?.stringValue == "Q")
    }

    @Test("of a column that no row has is an error that names the columns there are")
    func missing() throws {
        let rows = #"{"filepath": "a.png", "query": "Q"}"# + "\n" + #"{"response": "A"}"#
        let found = message(rows, "image=filepth")
        #expect(
            found
                == "DIR/rows.json: no example has the column `filepth`, which data.columns maps to `image`; its columns:"
                + " filepath, query, response; did you mean `filepath`?", "\(found ?? "taken")")
        let later = message(rows, "answer=response,question=query")
        #expect(later?.contains("no example has the column") == false, "\(later ?? "taken")")
        let table = message("question,answer\nQ,A\n", "image=photo", name: "rows.csv")
        #expect(table?.contains("its columns: question, answer") == true, "\(table ?? "taken")")
        for name in ["classes/cat/1.png", "classes/dog/1.png"] { try folder.writePicture(to: name) }
        var options = DatasetOptions(path: "\(folder.path)/classes")
        options.columns = try ColumnMapping(text: "image=photo")
        let classes = errorMessage { try ConversationDataset(options) }
        #expect(classes?.contains("folders of images have no columns") == true, "\(classes ?? "taken")")
    }

    @Test("finds pictures that stand in the rows themselves")
    func embedded() throws {
        let data = try Data(contentsOf: URL(filePath: "\(folder.path)/a.png"))
        let url = "data:image/png;base64,\(data.base64EncodedString())"
        let row = #"{"extra": {"icon": "data:,x"}, "img": ["a.png", "\#(url)"], "q": "<image><image>", "a": "A"}"#
        let found = try dataset(row, "images=img,question=q,answer=a").conversation(at: 0)
        #expect(found.images[1].description == "\(folder.path)/rows.json: image 1 of example 0")
        #expect(try found.images[1].contents() == data)
    }

    @Test("leaves the rows of parts as they are, and is needed for them too")
    func parts() throws {
        let json = #"{"img": "a.png", "q": "Q", "a": "A"}"#
        let columns = "image=img,question=q,answer=a"
        #expect(try dataset("[\(json)]", columns).rows.part(ofRow: 0) == Data(json.utf8))
        let table = try dataset("q\timg\ta\nQ\ta.png\tA\n", columns, name: "rows.tsv")
        let captions = try dataset(
            #"{"photo": "a.png", "said": ["A cat.", "Cat"]}"#, "file_name=photo,captions=said",
            name: "pictures/metadata.jsonl")
        for (whole, names) in [(table, columns), (captions, "file_name=photo,captions=said")] {
            let parts = try (0..<whole.count).map { String(decoding: try whole.rows.part(ofRow: $0), as: UTF8.self) }
            let again = try dataset("[\(parts.joined(separator: ","))]", names, name: "part.json")
            #expect(again.format == whole.format && again.count == whole.count)
            for row in 0..<whole.count {
                let (first, second) = (try whole.conversation(at: row), try again.conversation(at: row))
                #expect(first.turns == second.turns && first.images == second.images)
            }
        }
    }
}
