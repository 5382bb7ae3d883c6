import Adapters
import Federation
import Foundation
import Models
import Synchronization
import Tensors
import Training

/// A worker's model: does the work that a coordinator gives out.
final class SharedTrainer: LocalTrainer {
    private let adapted: AdaptedModel
    private let computation: StepComputation
    private let limits: WorkLimits
    private let processor: ImageProcessor

    /// Builds the model of a run.
    ///
    /// - Parameters:
    ///   - folder: the base model.
    ///   - adapterConfiguration: the run's `adapter_config.json`.
    ///   - configuration: the run file that the coordinator sent.
    init(
        _ folder: ModelFolder, adapterConfiguration: URL, configuration: RunConfiguration, lanes: Lanes,
        say: (String) -> Void
    ) throws {
        let type = configuration.model.precision.type
        Products.notices(computing: type).forEach(say)
        adapted = try AdaptedModel(folder, adapterConfiguration: adapterConfiguration, computing: type)
        computation = StepComputation(
            model: adapted.model, weights: adapted.weights, lanes: lanes,
            checkpointing: configuration.training.gradientCheckpointing)
        limits = WorkLimits(model: adapted.model, maxLength: configuration.data.maxLength)
        processor = try ImageProcessor(directory: folder.url)
        say("\(adapted.parameterCount)")
    }

    func perform(_ work: LocalWork) throws -> LocalResult {
        let start = ContinuousClock.now
        let step = try StepWork(work.order, limits: limits)
        try adapted.weights.assign(work.state)
        let source = WorkSource(step.rows, processor: processor, imageSize: adapted.model.imageSize) { picture in
            guard let file = work.files[Data(picture.bytes)] else {
                throw FederationError(.notFound, "picture \(picture) did not come with the work")
            }
            return try Data(contentsOf: file)
        }
        let begun = Atomic(0)
        let sum = try computation.gradients(of: step.share, from: source) { [count = step.share.microBatches.count] in
            if work.isCancelled() { throw FederationError(.cancelled, "the result is not needed any more") }
            work.report(Double(begun.add(1, ordering: .relaxed).oldValue) / Double(count))
        }
        let rows = 0..<source.count
        let metrics = ContributionMetrics(
            loss: sum.loss, examples: source.count, tokens: rows.reduce(0) { $0 + source.length(at: $1) },
            supervisedTokens: step.rows.supervisedTokens, seconds: (ContinuousClock.now - start) / .seconds(1))
        return LocalResult(update: sum.stateDict(of: adapted.weights.plan), metrics: metrics)
    }
}
