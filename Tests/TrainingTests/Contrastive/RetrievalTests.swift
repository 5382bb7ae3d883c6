import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("What contrastive models find")
struct RetrievalTests {
    /// A model whose embeddings are what pictures and texts hold: a picture's first pixels, a text's tokens.
    private struct Echo: ContrastiveModel {
        var logitScale: Tensor { Tensor([0], shape: []) }
        var logitScaleName: String { "logit_scale" }
        var rowsPerImage: Int { 2 }
        var maximumTextLength: Int { 8 }
        var endToken: Int? { 9 }
        var trainsPictures: Bool { false }
        var trainsTexts: Bool { false }
        var computing: DType { .float32 }
        var vocabularySize: Int { 10 }
        var tiesEmbeddings: Bool { false }
        var tile: TileSize { TileSize(height: 1, width: 1) }
        func imageLayout(_ folder: URL) -> any ImageLayout { WholeImageLayout(ImageProcessor(), tile: tile) }
        var parts: [ModelPart: [String]] { [:] }
        var unusedModules: [String] { [] }
        func activationBytes(tokens: Int, pictures: Int, checkpointing: Bool) -> Int { 0 }
        func pictureEmbeddings(_ pixels: Tensor) -> Tensor { pixels.reshaped([pixels.shape[0], 3]).normalizedRows() }
        func textEmbeddings(_ tokens: [Int32], boundaries: [Int]) -> Tensor {
            let rows = boundaries.dropLast().map { start in tokens[start..<start + 3].map { Float($0) } }
            return Tensor(rows.flatMap { $0 }, shape: [rows.count, 3]).normalizedRows()
        }
    }

    private struct Source: RowSource {
        let pictures: [[Float]]
        let texts: [[Int32]]
        var count: Int { texts.count }
        func length(at index: Int) -> Int { 500 }
        func supervisedCount(at index: Int) -> Int { 1 }
        func batch(of rows: [Int]) -> PackedBatch {
            PackedBatch(
                sequences: rows.map { (texts[$0], texts[$0]) },
                pictures: rows.map { Tensor(pictures[$0], shape: [3, 1, 1]) })
        }
    }

    @Test(
        "Recall counts each picture and each caption once, and any caption of a picture as found", arguments: [1, 2, 3])
    func recall(lanes: Int) throws {
        // Picture A has two captions, the second of which B has too; C's caption lies with B.
        let source = Source(
            pictures: [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]],
            texts: [[2, 1, 0], [1, 2, 0], [1, 2, 0], [0, 3, 1]])
        let rows = try EmbeddedRows(Echo(), source, lanes: Lanes(count: lanes))
        let found = Retrieval(rows)
        #expect((found.pictures, found.texts) == (3, 3))
        // A finds its first caption, B the third row's before its own, C its own: the only one with any of its direction.
        #expect(found.pictureToText.at1 == 2.0 / 3)
        #expect(found.pictureToText.at5 == 1 && found.textToPicture.at10 == 1)
        // The first caption finds A, the second B, the third B before C.
        #expect(found.textToPicture.at1 == 2.0 / 3)
    }

    @Test("Of equal keys the first comes first")
    func ties() {
        let ones = Tensor([1, 0, 1, 0, 1, 0], shape: [3, 2])
        let similarities = Similarities(queries: ones, keys: ones)
        #expect(similarities.ranks(of: [[0], [1], [2]]) == [0, 1, 2])
        #expect(similarities.ranks(of: [[2, 1], [2], [0, 2]]) == [1, 2, 0])
    }

    @Test("An evaluation tells the loss of all pairs at once and the share of nearest captions")
    func evaluation() throws {
        let source = Source(pictures: [[1, 0, 0], [0, 1, 0]], texts: [[1, 0, 0], [0, 1, 0]])
        let evaluation = try Evaluation(Echo(), source, lanes: Lanes(count: 1))
        let expected = log1p(exp(-1.0))
        #expect(abs(evaluation.loss - expected) < 1e-6)
        #expect(evaluation.exactMatch == 1 && evaluation.criterion == .recallAt1)
        #expect(evaluation.supervisedTokens == 2 && evaluation.rows == 2)
        var record = LogRecord(step: 1, epoch: 1)
        record.add(evaluation)
        #expect(record.evalRecallAt1 == 1 && record.evalExactMatch == nil)
    }
}
