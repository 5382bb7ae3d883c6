import Foundation
import Tensors
import Testing

@testable import Models

@Suite("A model whose vocabulary grows")
struct VocabularyGrowthTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures").standardized

    private let base: ModelFolder

    init() throws { base = try ModelFolder(Self.fixtures.appending(path: "tiny-llava/model")) }

    @Test("has the mean of a table in its new rows, and the other rows to the bit")
    func mean() throws {
        let rows = try #require(base.vocabularyRows)
        let grown = try base.adding(VocabularyAdditions(tokens: [AddedToken(content: "<loc>")], rows: rows + 3))
        for name in base.vocabularyTables {
            guard let old = base.checkpoint[name] else { continue }
            let new = try #require(grown.checkpoint[name])
            let width = old.shape[1]
            #expect(new.shape == [rows + 3, width] && new.dtype == old.dtype)
            #expect(Array(new.values.prefix(old.count)) == old.values)
            let mean = (0..<width).map { column in
                Float((0..<rows).reduce(0.0) { $0 + Double(old.values[$1 * width + column]) } / Double(rows))
            }
            let rounded = Tensor(mean, shape: [width]).converted(to: old.dtype).values
            for row in rows..<rows + 3 { #expect(Array(new.values[row * width..<(row + 1) * width]) == rounded) }
        }
        #expect(try grown.load(computing: .float32).model.vocabularySize == rows + 3)
    }

    @Test("keeps its size where the tables have rows for the new tokens already")
    func padded() throws {
        let rows = try #require(base.vocabularyRows)
        let length = try base.tokenizer().vocabularySize
        let grown = try base.adding(VocabularyAdditions(tokens: [AddedToken(content: "<loc>")]))
        #expect(grown.vocabularyRows == max(rows, length + 1))
        #expect(try grown.tokenizer().id(of: "<loc>") == length)
    }

    @Test("is none of CLIP's, and is not made larger than there is a use for")
    func refused() throws {
        let clip = try ModelFolder(Self.fixtures.appending(path: "tiny-clip/model"))
        let tokens = VocabularyAdditions(tokens: [AddedToken(content: "<loc>")])
        #expect(throws: ModelError.self) { try clip.adding(tokens) }
        #expect(throws: ModelError.self) { try base.adding(VocabularyAdditions(rows: 1 << 30)) }
    }
}
