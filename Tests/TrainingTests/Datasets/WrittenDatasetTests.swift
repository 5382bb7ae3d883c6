import Foundation
import Testing
import Training

@Suite("A dataset that other programs wrote")
struct WrittenDatasetTests {
    /// What Fixtures/data/generate.py expects.
    private struct Row: Decodable {
        var question: String
        var answer: String
        var picture: String
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/data").standardized.path

    @Test("is read as it was meant, in every format")
    func rows() throws {
        let file = URL(filePath: "\(Self.folder)/expected.json")
        let expected = try JSONDecoder().decode([String: [Row]].self, from: Data(contentsOf: file))
        #expect(expected.count == 20)
        for (name, rows) in expected {
            let dataset = try ConversationDataset(path: "\(Self.folder)/\(name)", imageFolder: Self.folder)
            #expect(dataset.count == rows.count, "\(name)")
            for (index, row) in rows.enumerated() {
                let found = try dataset.conversation(at: index)
                #expect(found.turns == [.init(.user, row.question), .init(.assistant, row.answer)], "\(name) \(index)")
                let picture = try Data(contentsOf: URL(filePath: "\(Self.folder)/\(row.picture)"))
                #expect(try found.images.map { try $0.contents() } == [picture], "\(name) \(index)")
            }
        }
    }
}
