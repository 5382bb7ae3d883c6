public import Adapters
public import Models
import Tensors

/// Computes gradients of a step's micro-batches on lanes: all of them in a local run, some of them on a worker.
///
/// The result is a function of the share, the rows and the parameters: the number of lanes does not matter.
public struct StepComputation: Sendable {
    /// What trains.
    public let weights: AdapterWeights
    /// The model, built with `weights`.
    public let model: any VisionLanguageModel
    private let lanes: Lanes
    private let checkpointing: Bool

    /// Prepares computations.
    ///
    /// - Parameters:
    ///   - model: built with `weights`.
    ///   - weights: what trains.
    ///   - lanes: threads to compute on.
    ///   - checkpointing: compute layers again in the backward pass to save memory; with a contrastive model, whole
    ///     micro-batches.
    public init(model: any VisionLanguageModel, weights: AdapterWeights, lanes: Lanes, checkpointing: Bool) {
        self.model = model
        self.weights = weights
        self.lanes = lanes
        self.checkpointing = checkpointing
    }

    /// The sum of the gradients of a share's micro-batches: exactly its node's value in the tree of the step.
    ///
    /// - Parameters:
    ///   - share: the micro-batches, their rows by position in `source`.
    ///   - source: the rows.
    ///   - beforeMicroBatch: called on a lane before each micro-batch; what it throws ends the computation.
    /// - Throws: what is wrong with a row or picture.
    public func gradients(
        of share: StepShare, from source: any RowSource, beforeMicroBatch: @escaping @Sendable () throws -> Void = {}
    ) throws -> StepGradients {
        switch model.kind {
        case .generative(let model):
            return try tokenGradients(of: share, model, from: source, beforeMicroBatch: beforeMicroBatch)
        case .contrastive(let model):
            let steps = ContrastiveSteps(model: model, weights: weights, lanes: lanes, recomputes: checkpointing)
            return try steps.gradients(of: share, from: source, beforeMicroBatch: beforeMicroBatch)
        }
    }

    private func tokenGradients(
        of share: StepShare, _ model: any GenerativeModel, from source: any RowSource,
        beforeMicroBatch: @escaping @Sendable () throws -> Void
    ) throws -> StepGradients {
        let first = share.node.range(count: share.microBatchCount).lowerBound
        let tree = Locked(
            TreeSum<StepGradients>(of: share.node, count: share.microBatchCount, add: StepGradients.sum))
        try lanes.forEach(share.microBatches.count) { [weights, checkpointing] offset in
            try beforeMicroBatch()
            let batch = try Span.measure("rows and pictures") { try source.batch(of: share.microBatches[offset]) }
            let part = StepGradients(
                model, weights, batch, supervisedTokens: share.supervisedTokens, checkpointing: checkpointing,
                dropoutKey: share.dropoutKey(ofMicroBatch: first + offset))
            Span.measure("sum of gradients") { tree.withLock { $0.insert(part, at: first + offset) } }
        }
        guard let total = tree.withLock({ $0.total }) else {
            throw TrainingError(.invalidWork, "step \(share.step + 1) has no rows")
        }
        return total
    }

    /// The sum of the gradients of a step's units, none longer than the bound of a grid.
    ///
    /// - Parameters:
    ///   - units: positions in `source`, with the keys of their dropout masks.
    ///   - privacy: bounds a unit's gradient, of the mean loss of its supervised tokens, and hears of units that cannot be read.
    ///   - frozen: tensors that keep their values.
    ///   - beforeMicroBatch: as above.
    /// - Throws: what `beforeMicroBatch` throws; `TrainingError` for a model whose examples have no gradients of their own.
    func clippedGradients(
        of units: [ClippedGradients.Unit], from source: any RowSource, privacy: PrivateSteps,
        frozen: FactorRole?,
        beforeMicroBatch: @escaping @Sendable () throws -> Void
    ) throws -> GradientSum {
        guard case .generative(let model) = model.kind else {
            throw TrainingError(
                .unsupported,
                "a contrastive loss compares each pair with all others of a step: it has no gradient of one example's own"
            )
        }
        let clipped = ClippedGradients(
            model: model, weights: weights, checkpointing: checkpointing, frozen: frozen, unreadable: privacy.unreadable
        )
        let passes = clipped.passes(units, of: source)
        let sum = GradientSum(clipped.trained, grid: privacy.grid)
        try lanes.forEach(passes.count) { index in
            try beforeMicroBatch()
            clipped.add(passes[index], from: source, to: sum)
        }
        return sum
    }
}
