public import Adapters
public import Models
import Tensors

/// Computes gradients of a step's micro-batches on lanes: all of them in a local run, some of them on a worker.
///
/// The result is a function of the share, the examples and the parameters: the number of lanes does not matter.
public struct StepComputation: Sendable {
    /// What trains.
    public let weights: AdapterWeights
    /// The model, built with `weights`.
    public var model: any VisionLanguageModel { objective.model }
    /// What the model is trained to do.
    public let objective: any Objective
    /// Threads to compute on.
    let lanes: Lanes
    /// Whether the backward pass computes again what it needs.
    let checkpointing: Bool

    /// Prepares computations.
    ///
    /// - Parameters:
    ///   - model: built with `weights`.
    ///   - weights: the trained weights.
    ///   - lanes: the compute threads.
    ///   - checkpointing: recompute layers in the backward pass to save memory; with a contrastive model, whole
    ///     micro-batches.
    public init(model: any VisionLanguageModel, weights: AdapterWeights, lanes: Lanes, checkpointing: Bool) {
        objective = model.objective
        self.weights = weights
        self.lanes = lanes
        self.checkpointing = checkpointing
    }

    /// The sum of the gradients of a share's micro-batches: exactly its node's value in the tree of the step.
    ///
    /// - Parameters:
    ///   - share: the micro-batches, their examples by position in `source`.
    ///   - source: the examples.
    ///   - beforeMicroBatch: called on a lane before each micro-batch; an error ends the computation.
    /// - Throws: what is wrong with an example or image.
    public func gradients(
        of share: StepShare, from source: any RowSource, beforeMicroBatch: @escaping @Sendable () throws -> Void = {}
    ) throws -> StepGradients {
        try objective.gradients(of: share, from: source, on: self, beforeMicroBatch: beforeMicroBatch)
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
        guard let objective = objective as? any ExampleObjective else {
            throw TrainingError(
                .unsupported,
                "\(objective.lossName) \(objective.coupling ?? ""): so there is no gradient of a single example")
        }
        let clipped = ClippedGradients(
            objective: objective, weights: weights, checkpointing: checkpointing, frozen: frozen,
            unreadable: privacy.unreadable)
        let passes = clipped.passes(units, of: source)
        let sum = GradientSum(clipped.trained, grid: privacy.grid)
        try lanes.forEach(passes.count) { index in
            try beforeMicroBatch()
            clipped.add(passes[index], from: source, to: sum)
        }
        return sum
    }
}
