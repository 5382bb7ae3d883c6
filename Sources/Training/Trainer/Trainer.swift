public import Adapters
public import Foundation
public import Models

/// Takes optimizer steps: micro-batches on lanes, their gradients summed in a fixed tree, clipping, AdamW.
///
/// The result is the same to the last bit for any number of lanes.
public final class Trainer {
    private let plan: RunPlan
    private let computation: StepComputation
    private let source: any RowSource
    private let seed: Int
    private var stepOptimizer: StepOptimizer
    /// Steps taken.
    public private(set) var step: Int

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - model: built with `weights`.
    ///   - weights: the trained weights.
    ///   - source: the examples.
    ///   - order: which examples each step takes.
    ///   - arguments: the training settings.
    ///   - lanes: the compute threads.
    ///   - step: steps already taken, when resuming.
    /// - Throws: `TrainingError` if a pattern of `learning_rates` is not a regular expression.
    public init(
        model: any VisionLanguageModel, weights: AdapterWeights, source: any RowSource, order: BatchOrder,
        arguments: TrainingArguments, lanes: Lanes, step: Int = 0
    ) throws {
        plan = RunPlan(source, order: order, arguments: arguments, microBatchTokens: model.microBatchTokens)
        computation = StepComputation(
            model: model, weights: weights, lanes: lanes, checkpointing: arguments.recomputes(model))
        self.source = source
        seed = arguments.seed
        stepOptimizer = try StepOptimizer(weights, arguments)
        self.step = step
    }

    /// The optimizer, to be saved and restored.
    public var optimizer: AdamW {
        get { stepOptimizer.adamW }
        set { stepOptimizer.adamW = newValue }
    }

    /// Steps of the whole run.
    public var totalSteps: Int { plan.totalSteps }

    /// Whether all steps have been taken.
    public var isFinished: Bool { step >= totalSteps }

    /// Takes one step.
    ///
    /// - Throws: what is wrong with an example or image, or `TrainingError.diverged` when a gradient is not finite; the
    ///   parameters are then unchanged.
    public func takeStep() throws -> StepReport {
        let clock = ContinuousClock()
        let start = clock.now
        let next = plan.plan(ofStep: step)
        let sum = try computation.gradients(of: next.wholeShare(seed: seed), from: source)
        let norm = try stepOptimizer.apply(sum, of: next)
        step += 1
        let seconds = (clock.now - start) / .seconds(1)
        return plan.report(of: next, loss: sum.loss, gradientNorm: norm, seconds: seconds)
    }
}

extension Trainer {
    /// Takes up the optimizer's state and the step of a checkpoint.
    ///
    /// - Returns: the step, and the best evaluation until then.
    /// - Throws: `TrainingError` or `TensorError` if a file is missing or damaged.
    public func restore(from checkpoint: URL) throws -> (step: Int, best: BestCheckpoint?) {
        let state = try Checkpoints.restore(&optimizer, from: checkpoint)
        step = state.step
        return state
    }
}
