public import Models
public import Tensors

/// An objective whose loss is a sum over examples, so micro-batches, workers and per-example clipping can each handle
/// some of them.
public protocol ExampleObjective: Objective {
    /// The summed loss of a batch: one number, differentiable.
    ///
    /// - Parameter checkpointing: compute layers again in the backward pass instead of keeping their results.
    func loss(_ batch: PackedBatch, checkpointing: Bool) -> Tensor
}

extension ExampleObjective {
    /// None.
    public var coupling: String? { nil }

    /// Micro-batches on lanes, their gradients added in the fixed tree of the step.
    public func gradients(
        of share: StepShare, from source: any RowSource, on computation: StepComputation,
        beforeMicroBatch: @escaping @Sendable () throws -> Void
    ) throws -> StepGradients {
        let first = share.node.range(count: share.microBatchCount).lowerBound
        let tree = Locked(
            TreeSum<StepGradients>(of: share.node, count: share.microBatchCount, add: StepGradients.sum))
        let (weights, checkpointing) = (computation.weights, computation.checkpointing)
        try computation.lanes.forEach(share.microBatches.count) { offset in
            try beforeMicroBatch()
            let batch = try Span.measure("examples and images") { try source.batch(of: share.microBatches[offset]) }
            let part = StepGradients(
                self, weights, batch, supervisedTokens: share.supervisedTokens, checkpointing: checkpointing,
                dropoutKey: share.dropoutKey(ofMicroBatch: first + offset))
            Span.measure("sum of gradients") { tree.withLock { $0.insert(part, at: first + offset) } }
        }
        guard let total = tree.withLock({ $0.total }) else {
            throw TrainingError(.invalidWork, "step \(share.step + 1) has no examples")
        }
        return total
    }
}
