public import Adapters
public import Foundation
public import Models
import Tensors

/// Takes optimizer steps: micro-batches on lanes, their gradients summed in a fixed tree, clipping, AdamW.
///
/// The result is the same to the last bit whatever the number of lanes.
public final class Trainer {
    private let model: any VisionLanguageModel
    private let weights: AdapterWeights
    private let source: any RowSource
    private let order: BatchOrder
    private let schedule: LearningRateSchedule
    private let arguments: TrainingArguments
    private let lanes: Lanes
    /// The optimizer, to be saved and restored.
    public var optimizer: AdamW
    /// Steps taken.
    public private(set) var step: Int
    /// Steps of the whole run.
    public let totalSteps: Int

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - model: built with `weights`.
    ///   - weights: what trains.
    ///   - source: the rows.
    ///   - order: which rows each step takes.
    ///   - arguments: how to train.
    ///   - lanes: threads to compute on.
    ///   - step: steps already taken, when resuming.
    /// - Throws: `TrainingError` if a pattern of `learning_rates` is no regular expression.
    public init(
        model: any VisionLanguageModel, weights: AdapterWeights, source: any RowSource, order: BatchOrder,
        arguments: TrainingArguments, lanes: Lanes, step: Int = 0
    ) throws {
        self.model = model
        self.weights = weights
        self.source = source
        self.order = order
        self.arguments = arguments
        self.lanes = lanes
        self.step = step
        totalSteps = order.totalSteps(epochs: arguments.numTrainEpochs, maxSteps: arguments.maxSteps)
        schedule = LearningRateSchedule(
            arguments.lrSchedulerType, warmupSteps: arguments.warmupSteps(totalSteps: totalSteps),
            totalSteps: totalSteps)
        optimizer = AdamW(
            try weights.parameters.map { try Self.slot($0, arguments) }, beta1: arguments.adamBeta1,
            beta2: arguments.adamBeta2, epsilon: arguments.adamEpsilon)
    }

    /// As transformers' Trainer: vectors (biases, norms) do not decay.
    private static func slot(
        _ parameter: AdapterWeights.Parameter, _ arguments: TrainingArguments
    ) throws -> (key: String, tensor: Tensor, rateFactor: Double, weightDecay: Double) {
        let key = parameter.description.key
        let rate = try arguments.learningRate(ofParameter: key)
        let factor = arguments.learningRate == 0 ? 0 : rate / arguments.learningRate
        return (key, parameter.tensor, factor, parameter.tensor.shape.count > 1 ? arguments.weightDecay : 0)
    }

    /// Whether all steps have been taken.
    public var isFinished: Bool { step >= totalSteps }

    /// Takes one step.
    ///
    /// - Throws: what is wrong with a row or picture, or `TrainingError.diverged` when a gradient is not finite; the
    ///   parameters are then as before the step.
    public func takeStep() throws -> StepReport {
        let clock = ContinuousClock()
        let start = clock.now
        let rows = order.rows(ofStep: step)
        let supervised = rows.reduce(0) { $0 + source.supervisedCount(at: $1) }
        let sum = try gradients(of: rows, supervisedTokens: supervised)
        let norm = sum.norm
        guard norm.isFinite, sum.loss.isFinite else { throw diverged(rows) }
        let limit = arguments.maxGradNorm
        let scale = limit > 0 ? min(1, limit / (norm + 1e-6)) : 1
        let rate = arguments.learningRate * schedule.factor(step: step)
        optimizer.step(sum.gradients, learningRate: rate, gradientScale: scale)
        step += 1
        let seconds = (clock.now - start) / .seconds(1)
        return StepReport(
            step: step, totalSteps: totalSteps, epoch: order.epochs(afterSteps: step),
            loss: sum.loss / Double(supervised), learningRate: rate, gradientNorm: norm, supervisedTokens: supervised,
            tokens: rows.reduce(0) { $0 + source.length(at: $1) }, seconds: seconds)
    }

    /// The step's gradients: micro-batches in any order on any lane, summed in the tree's order.
    private func gradients(of rows: [Int], supervisedTokens: Int) throws -> StepGradients {
        let parts = MicroBatches.split(lengths: rows.map { source.length(at: $0) })
        let tree = Locked(TreeSum<StepGradients>(count: parts.count, add: StepGradients.sum))
        let step = UInt64(step)
        try lanes.forEach(parts.count) { [model, weights, source, arguments] index in
            let batch = try source.batch(of: Array(rows[parts[index]]))
            let key = SplitMix64.hash("\(arguments.seed)/\(step)/\(index)")
            let part = StepGradients(
                model, weights, batch, supervisedTokens: supervisedTokens,
                checkpointing: arguments.gradientCheckpointing, dropoutKey: key)
            tree.withLock { $0.insert(part, at: index) }
        }
        guard let total = tree.withLock({ $0.total }) else {
            throw TrainingError(.invalidDataset, "step \(step + 1) has no rows")
        }
        return total
    }

    private func diverged(_ rows: [Int]) -> TrainingError {
        TrainingError(
            .diverged,
            "step \(step + 1): the loss or its gradient is not a finite number (rows \(rows.prefix(8).map(String.init).joined(separator: ", "))…): "
                + "lower training.learning_rate, or look at these rows")
    }
}

extension Trainer {
    /// Takes up the optimizer's state and the step of a checkpoint.
    ///
    /// - Returns: the step.
    /// - Throws: `TrainingError` or `TensorError` if a file is missing or damaged.
    public func restore(from checkpoint: URL) throws -> Int {
        step = try Checkpoints.restore(&optimizer, from: checkpoint)
        return step
    }
}
