import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Zero-shot classification")
struct ZeroShotTests {
    private let model: any ContrastiveModel
    private let encoder: CaptionEncoder

    init() throws {
        let golden = try #require(ClipGolden.all.first { $0.name == "vision-only" })
        model = try golden.adapted().model
        encoder = CaptionEncoder(tokenizer: TinyWords(), model: model)
    }

    private func classifier(_ classes: [String], _ prompts: [String], lanes: Int = 1) throws -> ZeroShotClassifier {
        try ZeroShotClassifier(
            classes: classes, prompts: prompts, model: model, encoder: encoder, lanes: Lanes(count: lanes))
    }

    private func embedding(_ text: String) throws -> Tensor {
        let tokens = try encoder.tokens(of: text)
        return model.textEmbeddings(tokens, boundaries: [0, tokens.count]).detached
    }

    @Test("What lies where a class's prompt does is of that class, on any number of lanes", arguments: [1, 3])
    func nearest(lanes: Int) throws {
        let names = ["coat", "red shoe", "bag"]
        let found = try classifier(names, ["a photo of a {}"], lanes: lanes)
        for (label, name) in names.enumerated() {
            #expect(found.ranks(of: try embedding("a photo of a \(name)"), labels: [label]) == [0])
        }
    }

    @Test("Several prompts make the direction of their mean")
    func ensemble() throws {
        let found = try classifier(["coat", "bag"], ["a {}", "{} seen"])
        let parts = try ["a coat", "coat seen"].map { try embedding($0).values }
        let mean = Tensor(zip(parts[0], parts[1]).map { $0 + $1 }, shape: [1, parts[0].count]).normalizedRows()
        #expect(found.ranks(of: mean, labels: [0]) == [0])
    }

    @Test("Prompts without a place for the name, classes named twice, and none at all are refused")
    func refusals() {
        let cases: [([String], [String], String)] = [
            (["a"], ["a photo"], "has no {}"), (["a", "a"], ["{}"], "is given twice"), ([], ["{}"], "needs classes"),
            (["a"], [], "needs classes"), (["a"], [String(repeating: "x ", count: 20) + "{}"], "more than the 16"),
        ]
        for (classes, prompts, reason) in cases {
            let message = errorMessage { try classifier(classes, prompts) } ?? ""
            #expect(message.contains(reason), "\(message)")
        }
    }

    @Test("Rows name their class or give its number; folders are classes")
    func data() throws {
        let folder = try TemporaryFolder()
        for name in ["coat/1.png", "coat/2.PNG", "bag/1.png"] { try folder.writePicture(to: name) }
        try folder.write("no picture", to: "bag/notes.txt")
        let classes = try LabelledPictures.classes(inFile: folder.write("coat\n\n bag \r\nshoe\n", to: "classes.txt"))
        #expect(classes == ["coat", "bag", "shoe"])
        let rows = try folder.write(
            #"[{"image": "coat/1.png", "label": "coat"}, {"image": "bag/1.png", "label": 1}]"#, to: "rows.json")
        let found = try LabelledPictures(file: rows, key: "label", imageFolder: folder.path, classes: classes)
        #expect(found.entries.map(\.label) == [0, 1])
        let tree = try LabelledPictures(folder: folder.path)
        #expect(tree.classes == ["bag", "coat"] && tree.entries.map(\.label) == [0, 1, 1])
        let message = errorMessage { try LabelledPictures(folder: folder.path, classes: classes) } ?? ""
        #expect(message.contains("has no folder for the class shoe"))
    }

    @Test("Pictures are those of training; what is left out, and folders of no class, are told")
    func folders() throws {
        let folder = try TemporaryFolder()
        for name in ["bag/1.png", "bag/2.webp", "coat/1.JPE", "stray.png"] { try folder.writePicture(to: name) }
        try folder.write("no picture", to: "coat/2.gif")
        try folder.write("no picture", to: "shoe/notes.txt")
        let classes = try LabelledPictures.classes(inFile: folder.write("\u{FEFF}bag\ncoat\nshoe\n", to: "classes"))
        #expect(classes == ["bag", "coat", "shoe"])
        let refused = errorMessage { try LabelledPictures(folder: folder.path, classes: classes) } ?? ""
        #expect(refused.contains("1 of 4 examples cannot be used") && refused.contains("(coat/2.gif)"), "\(refused)")
        let found = try LabelledPictures(folder: folder.path, classes: classes, skipsBadRows: true)
        #expect(found.entries.map(\.label) == [0, 0, 1] && found.skipped.map(\.file) == ["coat/2.gif"])
        #expect(
            found.notice == "\(folder.path): 3 images, 3 classes, 1 images outside the class folders skipped,"
                + " 1 files that are not images skipped, 1 classes without images (shoe)")
        let unknown = errorMessage { try LabelledPictures(folder: folder.path, classes: ["bag", "coat"]) } ?? ""
        #expect(unknown.contains("its folder shoe is not one of the 2 classes"), "\(unknown)")
    }

    @Test(
        "Rows without a known class or picture are listed",
        arguments: [
            (#"{"image": "a.png", "label": "hat"}"#, "has `\"hat\"` at `label`"),
            (#"{"image": "a.png"}"#, "has nothing at `label`"),
            (#"{"image": "a.png", "label": 2}"#, "has `2` at `label`"), (#"{"label": 1}"#, "has no path at `image`"),
            (#"{"image": "b.png", "label": 1}"#, "b.png does not exist"), ("{", "cannot be used"),
        ])
    func rowProblems(row: String, reason: String) throws {
        let folder = try TemporaryFolder()
        try folder.writePicture(to: "a.png")
        let path = try folder.write(row, to: "rows.jsonl")
        let message = errorMessage {
            try LabelledPictures(file: path, key: "label", imageFolder: folder.path, classes: ["coat", "bag"])
        }
        #expect(message?.contains(reason) == true, "\(message ?? "taken")")
    }

    @Test("Archives say the class in .cls or their rows, tables and mapped rows in a column")
    func containers() throws {
        let folder = try TemporaryFolder()
        for name in ["a.png", "b.png"] { try folder.writePicture(to: name) }
        let picture = try Data(contentsOf: URL(filePath: "\(folder.path)/a.png"))
        var tar = TarFile()
        tar.add("1.png", picture)
        tar.add("1.cls", "1")
        tar.add("2.json", #"{"label": "coat"}"#)
        tar.add("2.png", picture)
        let cases: [(path: String, columns: String)] = [
            (try folder.write(tar.finished, to: "x.tar"), ""),
            (try folder.write("image\tlabel\na.png\tbag\nb.png\t0\n", to: "rows.tsv"), ""),
            (try folder.write("kind,filepath\nbag,a.png\ncoat,b.png\n", to: "rows.csv"), "label=kind"),
            (
                try folder.write(#"[{"p": "a.png", "kind": 1}, {"p": "b.png", "kind": "coat"}]"#, to: "rows.json"),
                "image=p,label=kind"
            ),
            (try folder.write("file_name,label\na.png,bag\nb.png,coat\n", to: "metadata.csv"), ""),
        ]
        for (path, columns) in cases {
            var options = DatasetOptions(path: path, imageFolder: folder.path)
            options.columns = try ColumnMapping(text: columns)
            let found = try LabelledPictures(options, key: "label", classes: ["coat", "bag"], fit: nil)
            #expect(found.entries.map(\.label) == [1, 0], "\(path)")
            #expect(try found.entries.map { try $0.picture.contents() } == [picture, picture])
        }
        let shards = DatasetOptions(path: folder.path)
        #expect(try !LabelledPictures.areFolders(shards))
    }
}
