import Adapters
import Models
import Tensors

/// Gradients of a contrastive loss over a whole step, whose micro-batches are computed one by one.
///
/// The loss needs every embedding of the step, its gradient with respect to them needs nothing else, and from there each
/// micro-batch goes back by itself (GradCache, arXiv:2101.06983): the result is that of the whole step at once. Where
/// memory is to be saved, the first pass keeps no graph and a second one computes each micro-batch again, with the same
/// dropout masks; otherwise the graphs of all micro-batches wait for the loss. Both give the same numbers.
struct ContrastiveSteps: Sendable {
    let model: any ContrastiveModel
    let weights: AdapterWeights
    let lanes: Lanes
    /// Whether graphs are made again instead of kept.
    let recomputes: Bool

    /// The gradients of a whole step; its loss is the sum over the pairs.
    ///
    /// - Throws: what is wrong with an example or image; `TrainingError.invalidWork` for a part of a step.
    func gradients(
        of share: StepShare, from source: any RowSource, beforeMicroBatch: @escaping @Sendable () throws -> Void
    ) throws -> StepGradients {
        let count = share.microBatches.count
        guard count == share.microBatchCount, count > 0 else { throw incomplete(share) }
        let parts = try firstPass(share, source, beforeMicroBatch)
        let (joined, starts) = parts.withLock { parts in
            let all = parts.compactMap(\.self)
            return (PairEmbeddings(joining: all), all.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) })
        }
        let loss = ContrastiveLoss(joined, logitScale: model.logitScale)
        let tree = Locked(TreeSum<StepGradients>(count: count, add: StepGradients.sum))
        try lanes.forEach(count) { index in
            try beforeMicroBatch()
            // Taken out, so that its graph's memory is free as soon as it has been used.
            let known = parts.withLock { $0[index].take() }
            let pairs = recomputes ? try pairs(index, of: share, from: source, known: known) : known
            let upstream = loss.gradient.rows(starts[index]..<starts[index + 1])
            guard let part = pairs?.backward(upstream, to: weights) else { return }
            tree.withLock { $0.insert(part, at: index) }
        }
        return try total(tree.withLock { $0.total }, loss, share)
    }

    /// All pairs of the step, with graphs unless they are made again.
    private func firstPass(
        _ share: StepShare, _ source: any RowSource, _ beforeMicroBatch: @escaping @Sendable () throws -> Void
    ) throws -> Locked<[PairEmbeddings?]> {
        let parts = Locked<[PairEmbeddings?]>(Array(repeating: nil, count: share.microBatches.count))
        try lanes.forEach(share.microBatches.count) { index in
            try beforeMicroBatch()
            let embed = { try pairs(index, of: share, from: source) }
            let found = recomputes ? try Tensor.withoutGraph(embed) : try embed()
            parts.withLock { $0[index] = found }
        }
        return parts
    }

    private func pairs(
        _ index: Int, of share: StepShare, from source: any RowSource, known: PairEmbeddings? = nil
    ) throws -> PairEmbeddings {
        let batch = try source.batch(of: share.microBatches[index])
        return try Tensor.$dropoutKey.withValue(share.dropoutKey(ofMicroBatch: index)) {
            try PairEmbeddings(model, batch, known: known)
        }
    }

    /// The sum with what belongs to the step as a whole: the loss, and the temperature's gradient.
    private func total(
        _ sum: StepGradients?, _ loss: ContrastiveLoss, _ share: StepShare
    ) throws -> StepGradients {
        guard var sum else { throw incomplete(share) }
        sum.loss = loss.sum
        for (index, parameter) in weights.parameters.enumerated() where parameter.description.role == .temperature {
            sum.gradients[index] = loss.logitScale
        }
        return sum
    }

    private func incomplete(_ share: StepShare) -> TrainingError {
        TrainingError(
            .invalidWork,
            "step \(share.step + 1): a contrastive loss needs all \(share.microBatchCount) micro-batches of a step, "
                + "but \(share.microBatches.count) are here"
        )
    }
}
