import Foundation
import Models
import Testing

@testable import Training

@Suite("A dataset's format")
struct DatasetFormatTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["a.png", "b.png", "classes/cat/1.png", "classes/dog/2.png", "pictures/a.png"] {
            try folder.writePicture(to: name)
        }
        try folder.write("not a picture", to: "classes/dog/notes.txt")
        try folder.write("file_name,text\na.png,A cat.\n", to: "pictures/metadata.csv")
    }

    private static let turns = #"[{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]"#
    private static let llavaTurns = #"[{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]"#

    private static let cases: [(String, String, DataFormat)] = [
        ("a.json", #"[{"conversations": \#(llavaTurns)}]"#, .llava),
        ("b.jsonl", #"{"messages": \#(turns)}"#, .messages),
        ("c.json", #"[{"messages": \#(llavaTurns)}]"#, .sharegpt),
        ("d.json", #"[{"conversations": \#(llavaTurns), "images": []}]"#, .sharegpt),
        ("e.json", #"[{"conversations": \#(turns)}]"#, .sharegpt),
        ("f.jsonl", #"{"file_name": "a.png", "text": "A cat."}"#, .imageCaption),
        ("g.csv", "\u{FEFF}text,file_name\r\nA cat.,a.png\r\n", .imageCaption),
    ]

    @Test("is recognised by what a file holds, whatever it is called", arguments: cases)
    func files(name: String, text: String, format: DataFormat) throws {
        for name in [name, "other.txt"] {
            let dataset = try ConversationDataset(path: try folder.write(text, to: name), imageFolder: folder.path)
            #expect(dataset.format == format)
            #expect(dataset.count == 1)
            #expect(dataset.notice.hasPrefix("\(folder.path)/\(name): 1 examples, \(format.rawValue) (recognised)"))
        }
    }

    @Test("is recognised by what a folder holds")
    func folders() throws {
        let classes = try ConversationDataset(path: "\(folder.path)/classes", imageFolder: ".")
        #expect(classes.format == .classFolders)
        #expect(
            classes.notice.hasSuffix(
                "2 examples, class_folders (recognised), 2 classes, question \"What does the picture show?\","
                    + " 1 files that are not images skipped"))
        let captions = try ConversationDataset(path: "\(folder.path)/pictures", imageFolder: ".")
        #expect(captions.format == .imageCaption)
        #expect(captions.notice.hasSuffix("image_caption (recognised), question \"Describe the picture.\""))
    }

    @Test("that is not known is answered with those that are")
    func unknown() throws {
        try folder.write("x", to: "empty/x.txt")
        let message = errorMessage { try ConversationDataset(path: "\(folder.path)/empty", imageFolder: ".") }
        #expect(message?.contains("a dataset of an unknown format: expected JSON") == true)
        #expect(message?.contains("data.format") == true)
    }

    @Test("that is set is what rows are held to")
    func set() throws {
        var options = DatasetOptions(
            path: try folder.write(#"[{"conversations": \#(Self.llavaTurns)}]"#, to: "a.json"), imageFolder: folder.path
        )
        options.format = .messages
        let message = errorMessage { try ConversationDataset(options) }
        #expect(message?.hasSuffix("example 0 (line 1): has no `messages`") == true)
        options.format = .llava
        #expect(try ConversationDataset(options).notice == "\(folder.path)/a.json: 1 examples, llava")
    }

    @Test("Every format has a name of its own and can be opened")
    func registry() {
        #expect(Set(DatasetFormats.all.map(\.format)).union([.automatic]) == Set(DataFormat.allCases))
        #expect(DatasetFormats.all.count == DataFormat.allCases.count - 1)
    }

    @Test("Class folders ask about each picture, ordered by class")
    func classFolders() throws {
        var options = DatasetOptions(path: "\(folder.path)/classes")
        options.prompt = "Which animal?"
        let dataset = try ConversationDataset(options)
        let rows = try (0..<dataset.count).map(dataset.conversation)
        #expect(rows.map { $0.turns[1].text } == ["cat", "dog"])
        #expect(rows[1].turns[0].text == "<image>\nWhich animal?")
        #expect(rows[1].images == [Picture(file: "\(folder.path)/classes/dog/2.png")])
        #expect(dataset.rows.place(ofRow: 1).file == "dog/2.png")
        #expect(try dataset.rows.fields(ofRow: 1)["class"]?.stringValue == "dog")
        try folder.write("GIF89a", to: "classes/cat/0.gif")
        let message = errorMessage { try ConversationDataset(options) }
        #expect(message?.contains("example 0 (cat/0.gif): the image cannot be used") == true, "\(message ?? "")")
    }

    @Test("Class folders tell what lies beside their pictures, and refuse a dataset of captions as a class")
    func besideClasses() throws {
        try folder.writePicture(to: "classes/stray.png")
        try folder.writePicture(to: "classes/cat/sub/3.png")
        let notice = try ConversationDataset(path: "\(folder.path)/classes", imageFolder: ".").notice
        #expect(
            notice.hasSuffix(
                "1 images outside the class folders skipped, 1 folders within classes skipped,"
                    + " 1 files that are not images skipped"), "\(notice)")
        try folder.write("x", to: "classes/dog/4.jxl")
        let picture = errorMessage { try ConversationDataset(path: "\(folder.path)/classes", imageFolder: ".") }
        #expect(picture?.contains("(dog/4.jxl): the image cannot be used") == true, "\(picture ?? "")")
        try folder.write("file_name,text\n1.png,A cat.\n", to: "classes/cat/metadata.csv")
        let table = errorMessage { try ConversationDataset(path: "\(folder.path)/classes", imageFolder: ".") }
        #expect(table?.contains("classes/cat: contains metadata.csv, so it is a dataset of captions") == true)
    }

    @Test("A folder with two tables of captions is refused")
    func twoTables() throws {
        try folder.write(#"{"file_name": "a.png", "text": "A dog."}"#, to: "pictures/metadata.jsonl")
        let message = errorMessage { try ConversationDataset(path: "\(folder.path)/pictures", imageFolder: ".") }
        #expect(message?.contains("has both metadata.jsonl and metadata.csv") == true, "\(message ?? "taken")")
        let table = "\(folder.path)/pictures/metadata.csv"
        #expect(try ConversationDataset(path: table, imageFolder: ".").count == 1)
    }

    @Test("A prompt may say where the picture stands, or nothing at all")
    func prompts() throws {
        for (prompt, question) in [("", "<image>"), ("Look: <image>!", "Look: <image>!")] {
            var options = DatasetOptions(path: "\(folder.path)/pictures")
            options.prompt = prompt
            #expect(try ConversationDataset(options).conversation(at: 0).turns[0].text == question)
        }
    }
}
