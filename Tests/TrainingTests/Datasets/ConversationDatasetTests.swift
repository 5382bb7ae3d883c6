import Foundation
import Testing
import Training

@Suite("A dataset of conversations")
struct ConversationDatasetTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.writePicture(to: "images/a.png")
        try folder.writePicture(to: "images/sub/b.jpg")
    }

    private func open(_ text: String, name: String = "train.json") throws -> ConversationDataset {
        try ConversationDataset(
            path: try folder.write(text, to: name), imageFolder: "\(folder.path)/images")
    }

    @Test("gives rows of LLaVA's format with their pictures' paths")
    func llava() throws {
        let dataset = try open(
            """
            [
              {"id": "x-1", "image": "a.png", "conversations": [
                {"from": "human", "value": "<image>\\nWhat is \\"it\\"? [}"}, {"from": "gpt", "value": "A cat."}]},
              {"id": 7, "image": ["a.png", "sub/b.jpg"], "width": 3, "conversations": [
                {"from": "system", "value": "Be brief."},
                {"from": "user", "value": "<image><image> Same?"}, {"from": "assistant", "value": "No."}]},
              {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello 図 😀"},
                {"from": "human", "value": "Bye"}, {"from": "gpt", "value": "Bye"}], "image": null}
            ]
            """)
        #expect(dataset.count == 3)
        let first = try dataset.conversation(at: 0)
        #expect(first.id == "x-1")
        #expect(first.images == [Picture(file: "\(folder.path)/images/a.png")])
        #expect(first.turns == [.init(.user, "<image>\nWhat is \"it\"? [}"), .init(.assistant, "A cat.")])
        let second = try dataset.conversation(at: 1)
        #expect(second.id == "7")
        #expect(second.images == ["a.png", "sub/b.jpg"].map { Picture(file: "\(folder.path)/images/\($0)") })
        #expect(second.turns.map(\.role) == [.system, .user, .assistant])
        let third = try dataset.conversation(at: 2)
        #expect(third.id == nil && third.images.isEmpty)
        #expect(third.turns[1].text == "Hello 図 😀")
    }

    @Test("may be JSON Lines, with blank lines and a byte order mark")
    func jsonLines() throws {
        let row = #"{"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}"#
        let dataset = try open("\u{FEFF}\(row)\n\n\(row)\r\n\(row)", name: "train.jsonl")
        #expect(dataset.count == 3)
        #expect(dataset.rows.place(ofRow: 1).line == 3)
        #expect(dataset.rows.place(ofRow: 2).line == 4)
    }

    @Test("takes a system text beside the turns as the first one, any number as an identifier, the last of equal keys")
    func besides() throws {
        let turns = #"[{"from": "human", "value": "Q"}, {"from": "gpt", "value": "B", "value": "A"}]"#
        let dataset = try open(
            #"[{"system": "S", "id": 1.5, "conversations": \#(turns)}, {"system": "", "conversations": \#(turns)}]"#)
        let first = try dataset.conversation(at: 0)
        #expect(first.turns == [.init(.system, "S"), .init(.user, "Q"), .init(.assistant, "A")])
        #expect(first.id == "1.5")
        #expect(try dataset.conversation(at: 1).turns.map(\.role) == [.user, .assistant])
    }

    @Test("takes pictures at absolute paths")
    func absolutePath() throws {
        let dataset = try open(
            #"""
            [{"image": "\#(folder.path)/images/a.png", "conversations":
              [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "A"}]}]
            """#)
        #expect(try dataset.conversation(at: 0).images == [Picture(file: "\(folder.path)/images/a.png")])
    }

    @Test("keeps the order of rows over many stretches")
    func manyRows() throws {
        let rows = (0..<5000).map {
            #"{"id": \#($0), "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}"#
        }
        let dataset = try open("[\(rows.joined(separator: ",\n"))]")
        #expect(dataset.count == 5000)
        for row in [0, 1023, 1024, 4999] { #expect(try dataset.conversation(at: row).id == "\(row)") }
        #expect(dataset.rows.place(ofRow: 4999).line == 5000)
    }
}
