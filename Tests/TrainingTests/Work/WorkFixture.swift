import Models

@testable import Training

/// Work on made-up rows, and limits that it keeps within.
enum WorkFixture {
    static let imageToken: Int32 = 9

    static var limits: WorkLimits {
        var limits = WorkLimits(vocabularySize: 100, imageToken: Int(imageToken), tokensPerImage: 3, maxLength: 40)
        limits.maxTokens = 200
        return limits
    }

    static func picture(_ number: UInt8) throws -> PictureID { try PictureID(Array(repeating: number, count: 32)) }

    /// A row that learns the tokens at `learned`; each picture stands before the text.
    static func example(_ text: [Int32], learned: Set<Int>, pictures: [UInt8] = []) throws -> WorkExample {
        let ids = Array(repeating: imageToken, count: 3 * pictures.count) + text
        let labels = ids.enumerated().map { learned.contains($0) ? $1 : PackedBatch.unsupervised }
        return WorkExample(ids: ids, labels: labels, pictures: try pictures.map(picture))
    }

    static func rows() throws -> WorkRows {
        WorkRows([
            try example([1, 5, 5, 5, 99, 2], learned: [3, 4, 5]),
            try example([0, 7, 8], learned: [4, 5], pictures: [1]),
            try example([4, 4, 3, 3, 3], learned: [0, 1, 2, 3, 4]),
            try example([6, 2], learned: [7, 0], pictures: [2, 1]),
        ])
    }

    /// The right part of a step of seven micro-batches.
    static func step() throws -> StepWork {
        StepWork(
            share: StepShare(
                step: 12, seed: -3, supervisedTokens: 40, microBatchCount: 7, node: TreeNode(level: 2, index: 1),
                microBatches: [[0], [1, 2], [3]]),
            rows: try rows())
    }

    static func stretch() throws -> StretchWork { StretchWork(steps: [[0, 3], [1], [2, 0, 0]], rows: try rows()) }
}
