import Foundation
import Testing

@testable import Models

@Suite("CLIP's tokenizer in two files") struct ClipTokenizerFilesTests {
    private struct Sample: Decodable {
        var text: String
        var ids: [Int]
    }

    private static let folder = TokenizerFixture.folder.appendingPathComponent("../clip/tokenizer").standardizedFileURL

    @Test("vocab.json and merges.txt give the ids that transformers gives")
    func samples() throws {
        let tokenizer = try Tokenizer(folder: Self.folder)
        let data = try Data(contentsOf: Self.folder.appendingPathComponent("golden.json"))
        let samples = try JSONDecoder().decode([Sample].self, from: data)
        #expect(samples.count > 10)
        for sample in samples { #expect(tokenizer.encode(sample.text).ids == sample.ids, "\(sample.text)") }
    }

    @Test("Lines may end as Windows ends them")
    func lineEnds() throws {
        let folder = try Self.copy { $0.replacingOccurrences(of: "\n", with: "\r\n") }
        defer { try? FileManager.default.removeItem(at: folder) }
        let (one, other) = (try Tokenizer(folder: folder), try Tokenizer(folder: Self.folder))
        #expect(one.encode("two dogs, isn't it?").ids == other.encode("two dogs, isn't it?").ids)
    }

    @Test("A merge of unknown tokens is an error that names it")
    func unknownMerge() throws {
        let folder = try Self.copy { $0 + "zzz qqq\n" }
        defer { try? FileManager.default.removeItem(at: folder) }
        let error = try #require(throws: ModelError.self) { try Tokenizer(folder: folder) }
        #expect(error.code == .corruptFile && error.message.contains("'zzz' and 'qqq'"), "\(error)")
    }

    @Test("Another kind of tokenizer in two files is refused by name")
    func otherKinds() throws {
        let folder = try Self.copy(vocabulary: #"{"a": 0}"#) { $0 }
        defer { try? FileManager.default.removeItem(at: folder) }
        let error = try #require(throws: ModelError.self) { try Tokenizer(folder: folder) }
        #expect(error.code == .unsupported && error.message.contains("vocab.json has no <|startoftext|>"), "\(error)")
    }

    /// The fixture's two files with the merges changed.
    private static func copy(vocabulary: String? = nil, _ change: (String) -> String) throws -> URL {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("lorad-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        let read = { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }
        try Data((vocabulary ?? read("vocab.json")).utf8).write(to: copy.appendingPathComponent("vocab.json"))
        try Data(change(read("merges.txt")).utf8).write(to: copy.appendingPathComponent("merges.txt"))
        return copy
    }
}
