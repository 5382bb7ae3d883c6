/// What an optimizer step consists of: known from the order and the examples' lengths alone, before an example is read.
public struct StepPlan: Equatable, Sendable {
    /// Steps taken before it.
    public let step: Int
    /// Its examples, by their positions in their source.
    public let rows: [Int]
    /// Its micro-batches, as stretches of `rows`.
    public let parts: [Range<Int>]
    /// Tokens that count for the loss, of all examples.
    public let supervisedTokens: Int
    /// Tokens of all examples.
    public let tokens: Int
    /// The learning rate.
    public let learningRate: Double

    /// Plans a step over some examples.
    ///
    /// - Parameter microBatchTokens: tokens that a micro-batch aims at.
    public init(step: Int, rows: [Int], of source: any RowLengths, microBatchTokens: Int, learningRate: Double) {
        let lengths = rows.map { source.length(at: $0) }
        self.step = step
        self.rows = rows
        parts = MicroBatches.split(lengths: lengths, targetTokens: microBatchTokens)
        supervisedTokens = rows.reduce(0) { $0 + source.supervisedCount(at: $1) }
        tokens = lengths.reduce(0, +)
        self.learningRate = learningRate
    }

    /// The whole step as one share.
    ///
    /// - Parameter seed: the seed of dropout masks, together with the step and the micro-batch.
    public func wholeShare(seed: Int) -> StepShare {
        share(of: .root(count: parts.count), over: 0..<parts.count, seed: seed)
    }

    /// The part of the step that a node of the tree over its micro-batches covers.
    ///
    /// - Throws: `TrainingError.invalidWork` if the tree has no such node.
    public func share(of node: TreeNode, seed: Int) throws -> StepShare {
        try node.check(count: parts.count)
        return share(of: node, over: node.range(count: parts.count), seed: seed)
    }

    private func share(of node: TreeNode, over leaves: Range<Int>, seed: Int) -> StepShare {
        StepShare(
            step: step, seed: seed, supervisedTokens: supervisedTokens, microBatchCount: parts.count, node: node,
            microBatches: leaves.map { Array(rows[parts[$0]]) })
    }
}
