import Foundation
import Models
import Testing
import Training

@Suite("A dataset in tar archives")
struct WebDatasetTests {
    private let folder: TemporaryFolder
    private let picture: Data

    init() throws {
        folder = try TemporaryFolder()
        try folder.writePicture(to: "a.png")
        picture = try Data(contentsOf: URL(filePath: "\(folder.path)/a.png"))
    }

    private func captions(_ keys: ClosedRange<Int>) -> TarFile {
        var tar = TarFile()
        for key in keys {
            tar.add("\(key).png", picture + Data(repeating: 7, count: key))
            tar.add("\(key).txt", "Caption \(key)\n")
        }
        return tar
    }

    private func message(_ tar: Data, name: String = "x.tar") throws -> String? {
        let path = try folder.write(tar, to: name)
        return errorMessage { try ConversationDataset(path: path, imageFolder: ".") }?
            .replacing(folder.path, with: "DIR")
    }

    private func rows(_ path: String) throws -> [Conversation] {
        let dataset = try ConversationDataset(path: path, imageFolder: ".")
        #expect(dataset.format == .webDataset)
        return try (0..<dataset.count).map(dataset.conversation)
    }

    @Test("gives its pictures with captions where they lie in the archive")
    func samples() throws {
        let path = try folder.write(captions(1...3).finished, to: "shard.bin")
        let rows = try rows(path)
        #expect(rows.map(\.id) == ["1", "2", "3"])
        #expect(rows[1].turns == [.init(.user, "<image>\nDescribe the picture."), .init(.assistant, "Caption 2")])
        #expect(rows[1].images.map(\.description) == ["\(path): 2.png"])
        #expect(try rows[1].images[0].contents() == picture + [7, 7])
        #expect(try rows[1].images[0].size() == (1, 1))
    }

    @Test("may be a folder, a range or a list of archives, in order")
    func shards() throws {
        for shard in 0...2 {
            try folder.write(captions(10 * shard + 1...10 * shard + 2).finished, to: "shards/00\(shard).tar")
        }
        let list = try folder.write("# two of them\nshards/002.tar\n\nshards/{000..000}.tar\n", to: "list.txt")
        let ids = try [
            "\(folder.path)/shards", "\(folder.path)/shards/{000..002}.tar", "\(folder.path)/shards/00{1..2}.tar",
        ]
        .map { try rows($0).compactMap(\.id) }
        #expect(
            ids == [
                ["1", "2", "11", "12", "21", "22"], ["1", "2", "11", "12", "21", "22"], ["11", "12", "21", "22"],
            ])
        #expect(try rows(list).compactMap(\.id) == ["21", "22", "1", "2"])
        let missing = errorMessage { try rows("\(folder.path)/shards/{000..003}.tar") }
        #expect(missing?.contains("shards/003.tar: no such file") == true)
        let backwards = errorMessage { try rows("\(folder.path)/shards/{3..1}.tar") }
        #expect(backwards?.contains("from the lower to the higher number") == true)
        let many = errorMessage { try rows("{0..999999}{0..999999}.tar") }
        #expect(many?.contains("more than 100000 files") == true)
        let long = Array(repeating: "shards/{00000..59999}.tar", count: 2).joined(separator: "\n")
        let listed = try folder.write(long, to: "long.txt")
        #expect(errorMessage { try rows(listed) }?.contains("long.txt: stands for more than 100000") == true)
    }

    @Test("holds conversations whose pictures are the sample's members, named or not, or in the row itself")
    func conversations() throws {
        var tar = TarFile()
        let turns = #""conversations": [{"from": "human", "value": "<image><image>"}, {"from": "gpt", "value": "A"}]"#
        tar.add("d/x.0.png", picture)
        tar.add("d/x.json", #"{"id": "own", \#(turns)}"#)
        tar.add("d/x.1.PNG", picture)
        tar.add("d/x.cls", "3")
        tar.add("y.json", #"{"images": ["y.b.png", "y.a.png"], \#(turns)}"#)
        tar.add("y.a.png", picture)
        tar.add("y.b.png", picture)
        let url = "data:image/png;base64,\(picture.base64EncodedString())"
        tar.add("z.json", #"{"images": ["z.png", "\#(url)"], \#(turns)}"#)
        tar.add("z.png", picture)
        tar.add("t.json", #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}"#)
        let path = try folder.write(tar.finished, to: "x.tar")
        let rows = try rows(path)
        #expect(rows.map(\.id) == ["own", "y", "z", "t"])
        #expect(rows[0].images.map(\.description) == ["\(path): d/x.0.png", "\(path): d/x.1.PNG"])
        #expect(rows[1].images.map(\.description) == ["\(path): y.b.png", "\(path): y.a.png"])
        #expect(rows[2].images.map(\.description) == ["\(path): z.png", "\(path): image 1 of z.json"])
        #expect(try rows[2].images[1].contents() == picture)
        #expect(rows[3].images.isEmpty)
    }

    private func classArchive(_ classes: [String]) throws -> String {
        var tar = TarFile()
        for (index, text) in classes.enumerated() {
            tar.add("\(index).cls", text)
            tar.add("\(index).png", picture)
        }
        return try folder.write(tar.finished, to: "classes.tar")
    }

    @Test("answers with the number in .cls, or with the class's name where names are given")
    func classes() throws {
        var options = DatasetOptions(path: try classArchive(["1", "0\n"]))
        func answers() throws -> [String] {
            let dataset = try ConversationDataset(options)
            return try (0..<dataset.count).map { try dataset.conversation(at: $0).turns[1].text }
        }
        #expect(try answers() == ["1", "0"])
        #expect(
            try rows(options.path)[0].turns[0].text == "<image>\nWhat does the picture show?")
        #expect(try options.openRows().fields(ofRow: 0)["label"]?.intValue == 1)
        options.classes = try folder.write("tench\ngoldfish\n", to: "classes.txt")
        options.prompt = "Which?"
        #expect(try answers() == ["goldfish", "tench"])
        #expect(try ConversationDataset(options).conversation(at: 0).turns[0].text == "<image>\nWhich?")
        options.path = try classArchive(["2"])
        #expect(
            errorMessage { try answers() }?.contains("is of class 2, but data.classes names 2 classes, from 0 to 1")
                == true)
        for text in ["cat", "-1", "1.5", ""] {
            options.path = try classArchive([text])
            let found = errorMessage { try answers() }
            #expect(found?.contains("expected the number of a class, from 0") == true, "\(found ?? "taken")")
        }
        options.path = try folder.write(#"{"question": "Q", "answer": "A"}"#, to: "rows.jsonl")
        #expect(errorMessage { try answers() }?.contains("but this is question_answer: remove it") == true)
    }

    @Test("takes a caption or a row before a class")
    func captionsBeforeClasses() throws {
        var tar = TarFile()
        tar.add("1.png", picture)
        tar.add("1.cls", "3")
        tar.add("1.txt", "One")
        tar.add("2.png", picture)
        tar.add("2.json", #"{"question": "Q", "answer": "A"}"#)
        tar.add("2.cls", "4")
        let rows = try rows(try folder.write(tar.finished, to: "x.tar"))
        #expect(rows.map { $0.turns[1].text } == ["One", "A"])
        #expect(rows[1].turns[0].text == "<image>\nQ" && rows[1].images.count == 1)
    }

    @Test("has names of any length, by ustar, pax and GNU")
    func names() throws {
        let long = String(repeating: "abcdefgh/", count: 14)
        var tar = TarFile()
        tar.addRecords([("comment", "all")], type: "g")
        tar.add("p.png", picture, prefix: "some/folder")
        tar.add("p.txt", Data("ustar".utf8), prefix: "some/folder")
        for (suffix, contents) in [("pax.png", picture), ("pax.txt", Data("pax é".utf8))] {
            tar.addRecords([("mtime", "1.5"), ("path", "\(long)é.\(suffix)"), ("size", "\(contents.count)")])
            tar.add("short", contents, size: "00000000000")
        }
        for (suffix, contents) in [("png", picture), ("txt", Data("gnu".utf8))] {
            tar.add("././@LongLink", Data("\(long)g.\(suffix)\u{0}".utf8), type: "L", magic: "ustar  \u{0}")
            tar.add(String(long.prefix(99)), contents, magic: "ustar  \u{0}")
        }
        tar.add("old.png", picture, type: "\u{0}", magic: "")
        tar.add("old.txt", Data("v7".utf8), type: "\u{0}", magic: "")
        // The zero size of pax's own header is what the record replaces: its padding is there all the same.
        let rows = try rows(try folder.write(tar.finished, to: "x.tar"))
        #expect(rows.map(\.id) == ["some/folder/p", "\(long)é", "\(long)g", "old"])
        #expect(rows.map { $0.turns[1].text } == ["ustar", "pax é", "gnu", "v7"])
    }

    @Test("passes over folders, links and hidden files between and within samples")
    func others() throws {
        var tar = TarFile()
        tar.add("d/", Data(), type: "5")
        tar.add("._1.png", picture)
        tar.add("1.png", picture)
        tar.add("link", Data(), type: "2", size: "00000001000")
        tar.add("README", "x")
        tar.add("1.txt", "One")
        tar.add(".hidden", "x")
        let rows = try rows(try folder.write(tar.finished, to: "x.tar"))
        #expect(rows.map(\.id) == ["1"])
        #expect(rows[0].turns[1].text == "One")
    }

    @Test("is refused where it is cut short, anywhere")
    func truncated() throws {
        let whole = captions(1...2).data
        for count in [0, 1, 511, 512, 700, 1024, whole.count - 512, whole.count - 1, whole.count, whole.count + 511] {
            let data = (whole + Data(count: 1024)).prefix(count)
            let found = try message(data)
            #expect(found?.contains("DIR/x.tar: the archive is truncated") == true, "\(count): \(found ?? "no error")")
        }
        #expect(try message(whole + Data(count: 512)) == nil)
    }

    @Test("is refused where it is damaged")
    func damaged() throws {
        var flipped = captions(1...2).finished
        flipped[3] ^= 1
        #expect(try message(flipped)?.contains("damaged at byte 0: the checksum of a header is wrong") == true)
        let joined = captions(1...1).finished + captions(2...2).finished
        #expect(try message(joined)?.contains("archives must not be joined") == true)
        var sparse = captions(1...1)
        sparse.add("2.png", picture, type: "S")
        #expect(try message(sparse.finished)?.contains("2.png is a sparse file") == true)
        var dangling = captions(1...1)
        dangling.addRecords([("path", "x")])
        #expect(try message(dangling.finished)?.contains("a member that is missing") == true)
        for record in ["0 path=x\n", "99 path=x\n", "path=x\n", "9 pathxxx\n", "11 size=-1\n"] {
            var pax = captions(1...1)
            pax.add("pax", Data(record.utf8), type: "x")
            pax.add("2.png", picture)
            #expect(try message(pax.finished)?.contains("a pax header has no valid records") == true, "\(record)")
        }
        var huge = TarFile()
        huge.add("1.png", picture, size: "77777777777")
        #expect(try message(huge.finished)?.contains("truncated") == true)
    }

    @Test("holds to JSON's rule for markers and pictures, and refuses links to what belongs to a sample")
    func rules() throws {
        var tar = captions(1...1)
        tar.add("2.png", picture)
        tar.add("2.json", #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}"#)
        #expect(try message(tar.finished)?.contains("0 `<image>` markers but 1 image") == true)
        for type in ["1", "2"] as [Character] {
            var linked = captions(1...1)
            linked.add("2.png", Data(), type: type)
            linked.add("2.txt", "Two")
            let found = try message(linked.finished)
            #expect(found?.contains("DIR/x.tar: 2.png is a link, which is not followed") == true, "\(found ?? "taken")")
        }
    }

    @Test("has texts without the mark that some editors put first")
    func byteOrderMarks() throws {
        var tar = TarFile()
        tar.add("1.png", picture)
        tar.add("1.txt", "\u{FEFF}One")
        let turns = #"[{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]"#
        tar.add("2.json", "\u{FEFF}{\"messages\": \(turns)}")
        let rows = try rows(try folder.write(tar.finished, to: "x.tar"))
        #expect(rows.map { $0.turns[1].text } == ["One", "A"])
    }

    @Test("names the samples that cannot be used")
    func problems() throws {
        var tar = captions(1...1)
        tar.add("2.png", picture)
        tar.add("3.txt", "No picture")
        tar.add("4.png", "no picture")
        tar.add("4.txt", "Text")
        tar.add(
            "5.json",
            #"{"image": "x.png", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "A"}]}"#
        )
        tar.add("6.txt", "One")
        tar.add("6.b.txt", "Two")
        tar.add("7.json", "{")
        tar.add("7.png", picture)
        let found = try message(tar.finished)
        for problem in [
            "6 of 7 examples cannot be used", "example 1 (id 2, DIR/x.tar): has no text about its image",
            "example 2 (id 3, DIR/x.tar): has no image",
            "example 3 (id 4, DIR/x.tar): the image cannot be used: DIR/x.tar: 4.png:",
            "example 4 (id 5, DIR/x.tar): the image `x.png` is not a member of its sample",
            "example 5 (DIR/x.tar): has two .txt members", "example 6 (id 7, DIR/x.tar): its JSON:1: not valid JSON",
        ] { #expect(found?.contains(problem) == true, "\(problem) is not in \(found ?? "nothing")") }
    }

    @Test("gives its rows for parts as members, as they are")
    func parts() throws {
        let tar = captions(1...3)
        let dataset = try ConversationDataset(path: try folder.write(tar.finished, to: "x.tar"), imageFolder: ".")
        #expect(dataset.rows.partForm == .tar)
        #expect(try (0..<3).map { try dataset.rows.part(ofRow: $0) }.reduce(Data(), +) == tar.data)
    }
}
