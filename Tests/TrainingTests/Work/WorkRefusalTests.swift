import Foundation
import Models
import Testing

@testable import Training

@Suite("Work that a worker does not take up")
struct WorkRefusalTests {
    /// What a worker says to work on one row.
    private func refusal(
        _ ids: [Int32], labels: [Int32]? = nil, pictures: [UInt8] = [], supervised: Int = 40, node: TreeNode? = nil,
        count: Int = 1, microBatches: [[Int]] = [[0]], step: Int = 0
    ) throws -> String? {
        let example = WorkExample(ids: ids, labels: labels ?? ids, pictures: try pictures.map(WorkFixture.picture))
        let share = StepShare(
            step: step, seed: 1, supervisedTokens: supervised, microBatchCount: count, node: node ?? TreeNode(leaf: 0),
            microBatches: microBatches)
        let data = StepWork(share: share, rows: WorkRows([example])).data
        return errorMessage { try StepWork(data, limits: WorkFixture.limits) }
    }

    @Test("A row within the limits is taken")
    func taken() throws {
        #expect(try refusal([1, 2]) == nil)
        #expect(try refusal([9, 9, 9, 1], pictures: [1]) == nil)
    }

    @Test("Rows that the model cannot compute are refused by what is wrong with them")
    func rows() throws {
        let unlearned = PackedBatch.unsupervised
        let cases: [(String?, String)] = [
            (try refusal([1, 100]), "token 100 of example 0 is beyond the vocabulary of 100"),
            (try refusal([1]), "the length of example 0 is 1, expected 2 to 40"),
            (try refusal(Array(repeating: 1, count: 41)), "the length of example 0 is 41, expected 2 to 40"),
            (try refusal([1, 2], labels: [1, unlearned]), "example 0 has no token to learn"),
            (try refusal([9, 9, 1], pictures: [1]), "example 0 has 2 image tokens, expected 3 for 1 images"),
            (try refusal([9, 9, 9]), "example 0 has 3 image tokens, expected 0 for 0 images"),
            (
                try refusal([1, 2], pictures: Array(repeating: 1, count: 14)),
                "the number of images of example 0 is 14, expected 0 to 13"
            ),
        ]
        for (message, expected) in cases {
            #expect(message?.contains(": \(expected);") == true, "\(message ?? "taken")")
        }
    }

    @Test("Shares that contradict themselves are refused")
    func shares() throws {
        let cases: [(String?, String)] = [
            (try refusal([1, 2, 3], supervised: 1), "2 supervised tokens exceed the 1 of the step"),
            (try refusal([1, 2], supervised: 0), "the number of supervised tokens is 0, expected 1 to"),
            (try refusal([1, 2], count: 0), "the number of micro-batches is 0, expected 1 to"),
            (try refusal([1, 2], step: -1), "the step is -1, expected 0 to"),
            (try refusal([1, 2], node: TreeNode(leaf: 3), count: 3), "level 0, index 3 is not in a tree of 3"),
            (try refusal([1, 2], microBatches: [[0, 1]]), "the micro-batches take 2 examples, but there are 1"),
            (try refusal([1, 2], microBatches: [[]]), "the number of examples of micro-batch 0 is 0, expected 1 to"),
        ]
        for (message, expected) in cases { #expect(message?.contains(expected) == true, "\(message ?? "taken")") }
    }

    @Test("Other bytes, and work of the other kind, are refused at once")
    func marks() throws {
        let limits = WorkFixture.limits
        #expect(
            errorMessage { try StepWork(try WorkFixture.stretch().data, limits: limits) }?
                .contains("it does not begin with LSW1") == true)
        #expect(
            errorMessage { try StretchWork(try WorkFixture.step().data, limits: limits) }?
                .contains("it does not begin with LTW1") == true)
    }

    @Test("An identifier has 32 bytes")
    func identifiers() throws {
        #expect(errorMessage { try PictureID([1, 2]) } == "an image identifier has 2 bytes, expected 32")
        #expect("\(try PictureID([0xAB, 0x0F] + Array(repeating: 0, count: 30)))" == "ab0f000000000000")
    }
}
