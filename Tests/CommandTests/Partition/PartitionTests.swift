import Federation
import Foundation
import Testing
import Training

@testable import lorad

@Suite("lorad partition")
struct PartitionTests {
    private let folder: TemporaryFolder
    private let rows: [String]
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        rows = (0..<12).map { row in
            let answer = ["yes", " yes ", "no", "4.50"][row % 4]
            // Spaces, escapes and numbers that a JSON writer would write in another way.
            return #"{ "id" : "\#(row)",  "site":\#(row % 3).0, "note":"\u00e9\/","#
                + #" "conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"\#(answer)"}] }"#
        }
        path = try folder.write("[" + rows.joined(separator: ",\n ") + "]", to: "rows.json")
    }

    private func write(
        _ by: String, label: RowLabel = .firstAnswer, parts: Int = 3, seed: UInt64 = 7, overwrite: Bool = false
    ) throws -> [[String]] {
        let dataset = try LabelledDataset(DatasetOptions(path: path), label: label)
        let partition = try dataset.partition(Partitioners.named(by), into: parts, seed: seed)
        let output = URL(filePath: folder.path).appending(path: "parts")
        try dataset.write(partition, to: output, overwrite: overwrite)
        return try (1...parts).map { number in
            let text = try String(contentsOf: output.appending(path: "part-\(number).json"), encoding: .utf8)
            _ = try JSONSerialization.jsonObject(with: Data(text.utf8))
            return rows.filter { text.contains($0) }
        }
    }

    @Test("Each row is in one part, byte for byte and in its order", arguments: Partitioners.names)
    func rowsStay(by: String) throws {
        let parts = try write(by)
        #expect(parts.flatMap(\.self).sorted() == rows.sorted())
        for part in parts { #expect(part.count > 0) }
        let text = try String(contentsOfFile: folder.path + "/parts/part-1.json", encoding: .utf8)
        #expect(text == "[\n" + parts[0].joined(separator: ",\n") + "\n]\n")
    }

    @Test("The seed alone decides", arguments: ["iid", "dirichlet"])
    func seeds(by: String) throws {
        let first = try write(by)
        #expect(try write(by, overwrite: true) == first)
        #expect(try write(by, seed: 8, overwrite: true) != first)
    }

    @Test("Rows of one site stay together")
    func fields() throws {
        let parts = try write("field", label: .field("site"))
        for part in parts {
            let sites = Set(part.map { row in rows.firstIndex(of: row).map { $0 % 3 } })
            #expect(sites.count == 1)
        }
    }

    @Test("An answer's surrounding space makes no label of its own, and the mix is told")
    func mix() throws {
        let dataset = try LabelledDataset(DatasetOptions(path: path), label: .firstAnswer)
        let partition = try dataset.partition(Partitioners.named("iid"), into: 1, seed: 1)
        let summary = dataset.summary(of: partition, folder: "x")
        #expect(summary.contains(#"part-1.json: 12 examples · "yes" 6, "4.50" 3, "no" 3"#))
    }

    @Test("Parts that are there are kept unless they may be replaced, and none of them is left over")
    func overwriting() throws {
        _ = try write("iid", parts: 4)
        #expect { try write("iid", parts: 2) } throws: {
            "\($0)".contains("already contains 4 parts: give --overwrite")
        }
        _ = try write("iid", parts: 2, overwrite: true)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/parts").sorted()
        #expect(names == ["part-1.json", "part-2.json"])
    }

    @Test("What is missing is named with the row and its line")
    func problems() throws {
        #expect { try LabelledDataset(DatasetOptions(path: path), label: .field("color")) } throws: {
            "\($0)".contains("rows.json:1: example 0 has no field `color`, only id, site, note, conversations")
        }
        #expect { try LabelledDataset(DatasetOptions(path: path), label: .field("conversations")) } throws: {
            "\($0)".contains("a label must be text, a number, true or false")
        }
        let bad = "\(folder.path)/bad.json"
        try Data("[{}]".utf8).write(to: URL(filePath: bad))
        #expect { try LabelledDataset(DatasetOptions(path: bad), label: .firstAnswer) } throws: {
            "\($0)" == "\(bad): example 0 (line 1): has no `conversations`"
        }
        #expect { try write("iid", parts: 13) } throws: { "\($0)".contains("has 12 examples, too few for 13 parts") }
    }

    @Test("Archives are cut into archives, folders of pictures into rows of their own")
    func otherFormats() throws {
        let fixtures = "\(TinyLlava.repository)/Tests/Fixtures/data"
        for (name, suffix, count) in [
            ("archives", "tar", 12), ("captions", "json", 4), ("../forms/shards", "json", 20),
        ] {
            let dataset = try LabelledDataset(DatasetOptions(path: "\(fixtures)/\(name)"), label: .firstAnswer)
            let output = URL(filePath: folder.path).appending(path: name.replacing("../", with: ""))
            try dataset.write(
                try dataset.partition(Partitioners.named("iid"), into: 2, seed: 7), to: output, overwrite: false)
            let parts = try (1...2).map { part in
                let path = output.appending(path: "part-\(part).\(suffix)").path
                let rows = try ConversationDataset(path: path, imageFolder: "/nowhere")
                return try (0..<rows.count).map(rows.conversation)
            }
            let whole = try ConversationDataset(path: "\(fixtures)/\(name)", imageFolder: ".")
            let expected = try (0..<count).map { try whole.conversation(at: $0) }
            let found = parts.flatMap(\.self)
            #expect(found.count == count)
            #expect(found.map(\.turns[1].text).sorted() == expected.map(\.turns[1].text).sorted())
            let pictures = { (rows: [Conversation]) in
                try rows.flatMap { try $0.images.map { try $0.contents().base64EncodedString() } }.sorted()
            }
            #expect(try pictures(found) == pictures(expected))
            #expect(try pictures(found).count >= count)
        }
    }
}
