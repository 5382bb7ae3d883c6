import Foundation
import Testing

@testable import Training

@Suite("A table of rows")
struct ConversationTableTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["a.png", "b.png"] { try folder.writePicture(to: name) }
    }

    private func dataset(
        _ text: String, _ name: String = "rows.txt", separator: String? = nil, format: DataFormat = .automatic
    ) throws -> ConversationDataset {
        var options = DatasetOptions(path: try folder.write(text, to: name), imageFolder: folder.path)
        options.separator = separator.flatMap(TableSeparator.init)
        options.format = format
        return try ConversationDataset(options)
    }

    private func message(_ text: String, _ name: String = "rows.txt", format: DataFormat = .automatic) -> String? {
        errorMessage { try dataset(text, name, format: format) }?.replacing(folder.path, with: "DIR")
    }

    @Test("is recognised by its first line, whatever separates its fields", arguments: [",", "\t", ";", "|"])
    func separators(separator: String) throws {
        for end in ["\n", "\r\n"] {
            let lines = [
                ["filepath", "note", "title"], ["a.png", "x", "A cat."],
                ["b.png", "", "\"A \"\"dog\"\"\(separator)\n2\""],
            ]
            let text = "\u{FEFF}" + lines.map { $0.joined(separator: separator) + end }.joined()
            let rows = try dataset(text)
            #expect(rows.format == .openCLIP && rows.count == 2)
            #expect(
                try rows.conversation(at: 0).turns == [
                    .init(.user, "<image>\nDescribe the picture."), .init(.assistant, "A cat."),
                ])
            #expect(try rows.conversation(at: 1).turns[1].text == "A \"dog\"\(separator)\n2")
            #expect(rows.rows.place(ofRow: 1).line == 3)
        }
    }

    @Test("has the separator that is set")
    func set() throws {
        let text = "filepath~title\na.png~A, cat\n"
        #expect(try dataset(text, separator: "~").conversation(at: 0).turns[1].text == "A, cat")
        let asTab = try dataset("title\tfilepath\nA,B;C;D\ta.png\n", separator: "tab", format: .openCLIP)
        #expect(try asTab.conversation(at: 0).turns[1].text == "A,B;C;D")
        for name in ["", "ab", "\"", "\n", "é", "auto"] { #expect(TableSeparator(name: name) == nil, "\(name)") }
        #expect(TableSeparator(name: "\t") == TableSeparator(name: "tab") && TableSeparator.isName("auto"))
    }

    @Test("between tabs takes a quote within a field as it stands")
    func quotes() throws {
        let rows = try dataset("filepath\ttitle\na.png\tA 12\" pizza, \"big\"\n")
        #expect(try rows.conversation(at: 0).turns[1].text == "A 12\" pizza, \"big\"")
        let comma = message("filepath,title\na.png,A 12\" pizza\n")
        #expect(comma?.contains("a quote occurs in a field that is not quoted") == true, "\(comma ?? "taken")")
    }

    @Test("names its columns and the row where something is wrong")
    func problems() throws {
        for (text, name, problem) in [
            ("filepath\ttitle\nc.png\tA\n", "x", "example 0 (line 2): the image DIR/c.png does not exist"),
            ("filepath\ttitle\na.png\n", "x", "example 0 (line 2): has 1 fields, expected 2 as in the first line"),
            ("filepath,title\na.png,\n", "x", "example 0 (line 2): `title`: the answer is empty"),
            ("filepath,title\n,A\n", "x", "`filepath`: expected the path of one image"),
            ("filepath,title\n", "x", "contains no examples: expected at least one row below the column names"),
            ("a,b\n1,2\n", "rows.csv", "no example can be made from the columns a, b: map them with data.columns"),
            ("question\tpicture\nQ\ta.png\n", "x", "no example can be made from the columns question, picture"),
            ("filepath,title\n\"data:image/png;base64,AA==\",A\n", "x", "contains an image as a data: URL"),
            ("filepath,title\na.png,\"A\n", "x", "a quote that begins in this row is not closed"),
        ] {
            let found = message(text, name)
            #expect(found?.contains(problem) == true, "\(found ?? "taken")")
        }
    }

    @Test("of images and captions says that the prompt is not used, unless it is read as captions")
    func prompts() throws {
        let path = try folder.write("image,caption\na.png,A cat\n", to: "rows.csv")
        var options = DatasetOptions(path: path, imageFolder: folder.path)
        let unused = "; the prompt is not used: only image_caption, open_clip, class_folders and webdataset use it"
        #expect(try !ConversationDataset(options).notice.contains("prompt"))
        options.prompt = "What is it?"
        let pairs = try ConversationDataset(options)
        #expect(pairs.format == .llava && pairs.notice.hasSuffix(unused), "\(pairs.notice)")
        options.format = .imageCaption
        let captions = try ConversationDataset(options)
        #expect(!captions.notice.contains("not used"), "\(captions.notice)")
        #expect(
            try captions.conversation(at: 0).turns == [
                .init(.user, "<image>\nWhat is it?"), .init(.assistant, "A cat"),
            ])
    }

    @Test("of questions and answers makes rows of that form, held to it where it is set")
    func forms() throws {
        let text = "image;question;answer;person;id\na.png;Q;3;7;x\n"
        for format in [DataFormat.automatic, .questionAnswer] {
            let rows = try dataset(text, format: format)
            let row = try rows.conversation(at: 0)
            #expect(row.turns == [.init(.user, "<image>\nQ"), .init(.assistant, "3")])
            #expect(row.person == "7" && row.id == "x" && rows.format == .questionAnswer)
        }
        #expect(try dataset("file_name;text\na.png;A\n").format == .imageCaption)
    }
}
