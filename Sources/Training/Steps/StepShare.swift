import Tensors

/// Consecutive micro-batches of a step, and everything that their gradients depend on besides the examples and the
/// parameters.
public struct StepShare: Equatable, Sendable {
    /// Steps taken before.
    public let step: Int
    /// What dropout masks are drawn from, with the step and the micro-batch.
    public let seed: Int
    /// Tokens of the whole step that count for the loss.
    public let supervisedTokens: Int
    /// Micro-batches of the whole step: the leaves of its tree.
    public let microBatchCount: Int
    /// The node of that tree whose leaves these are.
    public let node: TreeNode
    /// The examples of each leaf, by their positions in a source.
    public let microBatches: [[Int]]

    /// What the dropout masks of a micro-batch are drawn from.
    func dropoutKey(ofMicroBatch index: Int) -> UInt64 { SplitMix64.hash("\(seed)/\(step)/\(index)") }
}
