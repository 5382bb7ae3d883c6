/// What every step of a run consists of: a function of the arguments, the order, and the examples' lengths.
public struct RunPlan: Sendable {
    /// Steps of the whole run.
    public let totalSteps: Int
    private let lengths: any RowLengths
    private let order: BatchOrder
    private let schedule: LearningRateSchedule
    private let peakRate: Double
    private let microBatchTokens: Int

    /// Plans a run.
    ///
    /// - Parameters:
    ///   - lengths: the lengths of the examples.
    ///   - order: which examples each step takes.
    ///   - arguments: the training settings.
    ///   - microBatchTokens: target number of tokens of a micro-batch.
    public init(_ lengths: any RowLengths, order: BatchOrder, arguments: TrainingArguments, microBatchTokens: Int) {
        self.microBatchTokens = microBatchTokens
        self.lengths = lengths
        self.order = order
        peakRate = arguments.learningRate
        totalSteps = order.totalSteps(epochs: arguments.numTrainEpochs, maxSteps: arguments.maxSteps)
        schedule = LearningRateSchedule(
            arguments.lrSchedulerType, warmupSteps: arguments.warmupSteps(totalSteps: totalSteps),
            totalSteps: totalSteps)
    }

    /// A step, counted from 0.
    public func plan(ofStep step: Int) -> StepPlan {
        StepPlan(
            step: step, rows: order.rows(ofStep: step), of: lengths, microBatchTokens: microBatchTokens,
            learningRate: peakRate * rateFactor(ofStep: step))
    }

    /// The learning rate of a step, counted from 0, as a share of its peak.
    public func rateFactor(ofStep step: Int) -> Double { schedule.factor(step: step) }

    /// The report of a finished step.
    ///
    /// - Parameters:
    ///   - loss: the sum of the token losses.
    ///   - gradientNorm: before clipping.
    public func report(of plan: StepPlan, loss: Double, gradientNorm: Double, seconds: Double) -> StepReport {
        StepReport(
            step: plan.step + 1, totalSteps: totalSteps, epoch: order.epochs(afterSteps: plan.step + 1),
            loss: loss / Double(plan.supervisedTokens), learningRate: plan.learningRate, gradientNorm: gradientNorm,
            supervisedTokens: plan.supervisedTokens, tokens: plan.tokens, seconds: seconds)
    }
}
