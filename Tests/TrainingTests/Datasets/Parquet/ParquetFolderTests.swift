import Foundation
import Models
import Testing

@testable import Training

@Suite("Folders of Parquet files")
struct ParquetFolderTests {
    private let folder: TemporaryFolder
    private let forms: String

    init() throws {
        folder = try TemporaryFolder()
        forms = URL(filePath: ParquetFixture.folder).deletingLastPathComponent().appending(path: "forms").path
    }

    private func put(_ names: [String]) throws {
        for name in names {
            try folder.write(Data(contentsOf: URL(filePath: "\(forms)/none.parquet")), to: name)
        }
    }

    private func problem(_ path: String) -> String? {
        errorMessage { try ConversationDataset(path: path, imageFolder: ".") }
    }

    @Test("of several splits are refused, and a pattern takes one")
    func splits() throws {
        try put(["train-00000-of-00002.parquet", "train-00001-of-00002.parquet", "test-00000-of-00001.parquet"])
        #expect(
            problem(folder.path)
                == "\(folder.path): contains files of several splits (test, train): give one of them, such as"
                + " '\(folder.path)/train*.parquet'")
        let dataset = try ConversationDataset(path: "\(folder.path)/train*.parquet", imageFolder: ".")
        #expect(dataset.notice.hasSuffix("40 examples, llava (recognised), 2 Parquet files"))
        #expect(dataset.rows.place(ofRow: 20).file == "\(folder.path)/train-00001-of-00002.parquet")
        #expect(try dataset.conversation(at: 33).turns == dataset.conversation(at: 13).turns)
        #expect(problem("\(folder.path)/val*.parquet") == "\(folder.path)/val*.parquet: no file name matches")
        try put(["more/train.parquet", "more/validation.parquet"])
        #expect(problem("\(folder.path)/more")?.contains("(train, validation)") == true)
    }

    @Test("that lack one are refused; numbers alone are no splits")
    func missing() throws {
        try put(["train-00000-of-00003.parquet", "train-00002-of-00003.parquet"])
        #expect(problem(folder.path) == "\(folder.path): contains 2 of the 3 files of train")
        try put(["plain/0000.parquet", "plain/0001.parquet"])
        #expect(try ConversationDataset(path: "\(folder.path)/plain", imageFolder: ".").count == 40)
        let list = try folder.write("# both\nplain/0000.parquet\nplain/0001.parquet\n", to: "files.txt")
        #expect(try ConversationDataset(path: list, imageFolder: ".").count == 40)
    }

    @Test("that lack one are refused by a pattern too; a file or a list takes what it names")
    func missingInPattern() throws {
        let names = [
            "train-00000-of-00003.parquet", "test-00000-of-00002-1a2b3c.parquet", "test-00001-of-00002-4d5e6f.parquet",
        ]
        try put(names)
        let pattern = "\(folder.path)/train-*.parquet"
        let advice = "download the others, or name the files to read in a text file, one per line"
        #expect(problem(pattern) == "\(pattern): matches 1 of the 3 files of train: \(advice)")
        #expect(problem("\(folder.path)/*.parquet")?.contains("matches 1 of the 3 files of train: ") == true)
        let hashed = "\(folder.path)/*-1a*.parquet"
        #expect(problem(hashed) == "\(hashed): matches 1 of the 2 files of test: \(advice)")
        #expect(try ConversationDataset(path: "\(folder.path)/test*.parquet", imageFolder: ".").count == 40)
        let list = try folder.write(names[0], to: "files.txt")
        for path in ["\(folder.path)/\(names[0])", list] {
            #expect(try ConversationDataset(path: path, imageFolder: ".").count == 20)
        }
    }

    @Test("within another folder are named where that folder is given")
    func folders() throws {
        try put(["hub/data/train-00000-of-00001.parquet", "hub/old/0.parquet"])
        try folder.write("# A dataset", to: "hub/README.md")
        let advice =
            "; there are files in \(folder.path)/hub/data, \(folder.path)/hub/old: name the folder or the files to read"
        #expect(problem("\(folder.path)/hub")?.hasSuffix(advice) == true)
        #expect(try ConversationDataset(path: "\(folder.path)/hub/data", imageFolder: ".").count == 20)
    }

    @Test("with a file that is damaged name it")
    func damaged() throws {
        try put(["0.parquet"])
        try folder.write(Data("PAR1 and more".utf8), to: "1.parquet")
        #expect(problem(folder.path)?.hasPrefix("\(folder.path)/1.parquet: does not end with PAR1") == true)
        #expect(problem("\(folder.path)/2.parquet")?.contains("no such file") == true)
    }

    @Test("give the rows between row groups and files of none, and are refused where no row is left")
    func emptyGroups() throws {
        for (name, copy) in [
            ("empty-groups", "b"), ("empty", "a"), ("empty", "c"), ("empty", "none/a"), ("empty", "none/b"),
        ] {
            try folder.write(ParquetFixture.data(name), to: "\(copy).parquet")
        }
        for path in ["\(folder.path)/b.parquet", folder.path, "\(folder.path)/*.parquet"] {
            let dataset = try ConversationDataset(path: path, imageFolder: ".")
            #expect(
                try (0..<dataset.count).map { try dataset.conversation(at: $0).turns.map(\.text) }
                    == [["Question 0?", "Answer 0"], ["Question 1?", "Answer 1"], ["Question 2?", "Answer 2"]])
        }
        for path in ["\(folder.path)/a.parquet", "\(folder.path)/none"] {
            #expect(problem(path) == "\(path): contains no examples: expected at least one")
        }
    }

    @Test("name row, row group and column of what cannot be used")
    func rows() throws {
        let path = try folder.write(damagedRows(), to: "x.parquet")
        let message = problem(path)
        #expect(
            message?.contains("example 7: row group 1, column `conversations.list.element.value`: ") == true,
            "\(message ?? "read")")
        #expect(message?.contains("example 5") == false)
    }

    /// A file of which a column of the second row group is damaged.
    private func damagedRows() throws -> Data {
        var data = try Data(contentsOf: URL(filePath: "\(forms)/none.parquet"))
        let text = Data("What is picture 8?".utf8)
        let place = try #require(data.firstRange(of: text))
        data[place.lowerBound - 12] = 0xFF
        data[place.lowerBound - 11] = 0xFF
        data[place.lowerBound - 10] = 0xFF
        return data
    }
}
