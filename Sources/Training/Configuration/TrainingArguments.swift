/// Training settings: transformers' `TrainingArguments`, with its names and defaults, and lorad's additions.
public struct TrainingArguments: Equatable, Sendable {
    /// Peak step size of the optimizer.
    public var learningRate = 5e-5
    /// How the learning rate develops over the run.
    public var lrSchedulerType = LearningRateSchedulerType.linear
    /// Share of all steps over which the learning rate rises from 0 to its peak.
    public var warmupRatio = 0.0
    /// Steps over which the learning rate rises from 0 to its peak.
    public var warmupSteps = 0
    /// Decoupled weight decay of AdamW.
    public var weightDecay = 0.0
    /// Decay of AdamW's first moment.
    public var adamBeta1 = 0.9
    /// Decay of AdamW's second moment.
    public var adamBeta2 = 0.999
    /// Added to AdamW's denominator.
    public var adamEpsilon = 1e-8
    /// Examples in a micro-batch.
    public var perDeviceTrainBatchSize = 8
    /// Micro-batches in an optimizer step.
    public var gradientAccumulationSteps = 1
    /// Maximum norm of a step's gradient; 0 disables clipping.
    public var maxGradNorm = 1.0
    /// Times that the data is gone through.
    public var numTrainEpochs = 3.0
    /// Number of optimizer steps; −1 uses `numTrainEpochs`.
    public var maxSteps = -1
    /// Optimizer steps between log records.
    public var loggingSteps = 500
    /// Optimizer steps between checkpoints; 0 saves only at the end.
    public var saveSteps = 500
    /// Newest checkpoints that are kept; nil keeps all.
    public var saveTotalLimit: Int?
    /// Optimizer steps between evaluations; nil evaluates once, at the end.
    public var evalSteps: Int?
    /// Writes the adapter of the best evaluation at the end instead of the last one, and keeps its checkpoint.
    public var loadBestModelAtEnd = false
    /// What the best evaluation is judged by.
    public var metricForBestModel = BestModelMetric.loss
    /// Evaluations without a gain after which the run ends; nil never ends it.
    public var earlyStoppingPatience: Int?
    /// What an evaluation must be better by to count as a gain.
    public var earlyStoppingThreshold = 0.0
    /// Seeds initial adapters, shuffling and dropout.
    public var seed = 42
    /// Recomputes activations in the backward pass to save memory.
    public var gradientCheckpointing = false
    /// Folder for everything that the run writes.
    public var outputDir = "trainer_output"
    /// Learning rates of single parameters; the first pattern that fully matches a parameter's PEFT path wins.
    public var learningRates: [ParameterLearningRate] = []
    /// Trains the temperature of a contrastive model.
    public var learnTemperature = false
    /// Micro-batches computed side by side.
    public var lanes = LaneCount.automatic

    /// transformers' defaults.
    public init() {}

    /// Examples in an optimizer step.
    public var rowsPerStep: Int { perDeviceTrainBatchSize * gradientAccumulationSteps }

    /// The peak learning rate of a parameter.
    ///
    /// - Parameter path: Its PEFT path, such as
    ///   `base_model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight`.
    /// - Throws: `TrainingError` if a pattern is no regular expression.
    public func learningRate(ofParameter path: String) throws -> Double {
        for entry in learningRates where try entry.matches(path) { return entry.value }
        return learningRate
    }

    /// Steps over which the learning rate rises, out of `totalSteps`: `warmup_steps`, or else ⌈ratio · total⌉.
    public func warmupSteps(totalSteps: Int) -> Int {
        warmupSteps > 0 ? warmupSteps : Int((warmupRatio * Double(totalSteps)).rounded(.up))
    }
}
