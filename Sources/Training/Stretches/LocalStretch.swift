import Adapters
public import Tensors

/// Optimizer steps that a worker takes locally: a fresh AdamW from given values, at a constant learning rate.
public struct LocalStretch: Sendable {
    private let computation: StepComputation
    private let arguments: TrainingArguments
    private let options: StretchOptions

    /// The result of a stretch.
    public struct Outcome: Sendable {
        /// Copies of the final values by PEFT key; frozen ones are unchanged to the last bit.
        public let values: StateDict
        /// Examples, tokens and mean loss.
        public let progress: StretchProgress
    }

    /// Prepares a stretch.
    ///
    /// - Parameters:
    ///   - computation: the model, the trained weights, and the lanes.
    ///   - arguments: the run's training settings.
    ///   - options: the coordinator's options.
    /// - Throws: `TrainingError.invalidWork` if an option is out of range.
    public init(_ computation: StepComputation, arguments: TrainingArguments, options: StretchOptions) throws {
        try options.check()
        self.computation = computation
        self.arguments = arguments
        self.options = options
    }

    /// Trains. Afterwards the weights have the values of the last step, even if it throws.
    ///
    /// - Parameters:
    ///   - plan: which examples each step takes.
    ///   - source: the examples.
    ///   - initial: every trained tensor by PEFT key.
    ///   - privacy: makes each step differentially private, over examples that it draws itself instead of the plan's.
    ///   - afterStep: called after each step; an error ends the stretch.
    ///   - beforeMicroBatch: called on a lane before each micro-batch; an error ends the stretch.
    /// - Throws: `AdapterError` if `initial` does not fit the adapter; `TrainingError` if the plan takes examples that
    ///   the source lacks, or training diverges; what is wrong with an example or image.
    public func run(
        _ plan: StretchPlan, on source: any RowSource, from initial: StateDict, privacy: PrivateSteps? = nil,
        afterStep: (StretchProgress) throws -> Void = { _ in },
        beforeMicroBatch: @escaping @Sendable () throws -> Void = {}
    ) throws -> Outcome {
        guard plan.stepCount > 0 else { throw TrainingError(.invalidWork, "a stretch without steps") }
        let weights = computation.weights
        try weights.assign(initial)
        var optimizer = try StepOptimizer(weights, arguments)
        let proximal = proximalTerm()
        var progress = StretchProgress(totalSteps: plan.stepCount)
        for index in 0..<plan.stepCount {
            var (step, sum) =
                if let privacy {
                    try privateStep(index, privacy, on: source, beforeMicroBatch)
                } else {
                    try plainStep(index, of: plan, on: source, beforeMicroBatch)
                }
            dropFrozen(&sum.gradients)
            proximal?.add(to: &sum.gradients)
            let norm = try optimizer.apply(sum, of: step)
            progress.add(step, loss: sum.loss, gradientNorm: norm)
            try afterStep(progress)
        }
        return Outcome(values: weights.stateDict.copied, progress: progress)
    }

    private func plainStep(
        _ index: Int, of plan: StretchPlan, on source: any RowSource,
        _ beforeMicroBatch: @escaping @Sendable () throws -> Void
    ) throws -> (StepPlan, StepGradients) {
        let step = try stepPlan(index, of: plan, on: source)
        let share = step.wholeShare(seed: options.seed)
        return (step, try computation.gradients(of: share, from: source, beforeMicroBatch: beforeMicroBatch))
    }

    private func privateStep(
        _ index: Int, _ privacy: PrivateSteps, on source: any RowSource,
        _ beforeMicroBatch: @escaping @Sendable () throws -> Void
    ) throws -> (StepPlan, StepGradients) {
        let units = try privacy.draw()
        let step = StepPlan(
            step: options.firstStep + index, rows: units.flatMap(\.rows), of: source,
            microBatchTokens: computation.model.microBatchTokens,
            learningRate: arguments.learningRate * options.learningRateFactor)
        let sum = try computation.clippedGradients(
            of: units, from: source, privacy: privacy, frozen: options.frozenFactor?.role,
            beforeMicroBatch: beforeMicroBatch)
        return (step, try privacy.noisyMean(sum, of: trained))
    }

    /// The tensors that train, nil in the place of one that keeps its values.
    private var trained: [Tensor?] {
        computation.weights.parameters.map { $0.description.isFactor(options.frozenFactor?.role) ? nil : $0.tensor }
    }

    private func stepPlan(_ index: Int, of plan: StretchPlan, on source: any RowSource) throws -> StepPlan {
        let rows = plan.rows(ofStep: index)
        guard !rows.isEmpty, rows.allSatisfy((0..<source.count).contains) else {
            throw TrainingError(
                .invalidWork,
                "step \(index + 1) of the stretch takes no example, or one beyond the \(source.count) that exist")
        }
        return StepPlan(
            step: options.firstStep + index, rows: rows, of: source,
            microBatchTokens: computation.model.microBatchTokens,
            learningRate: arguments.learningRate * options.learningRateFactor)
    }

    private func proximalTerm() -> ProximalTerm? {
        guard options.proximalStrength > 0 else { return nil }
        return ProximalTerm(strength: options.proximalStrength, around: computation.weights)
    }

    /// A tensor without a gradient is left alone by AdamW, decay included, and has no part in the norm.
    private func dropFrozen(_ gradients: inout [Tensor?]) {
        guard let role = options.frozenFactor?.role else { return }
        for (index, parameter) in computation.weights.parameters.enumerated() where parameter.description.isFactor(role)
        {
            gradients[index] = nil
        }
    }
}

extension StateDict {
    /// The same tensors in memory of their own.
    fileprivate var copied: StateDict { StateDict(entries.map { ($0.name, $0.tensor.copied()) }) }
}
