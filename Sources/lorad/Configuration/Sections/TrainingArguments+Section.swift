import Adapters
import Models
import Training

/// The keys of transformers' `TrainingArguments`, and what lorad adds to them.
extension TrainingArguments: ConfigurationSection {
    static let fields = optimizerFields + batchFields + reportFields + machineFields

    private static let optimizerFields: [Field<Self>] = [
        Field("learning_rate", \.learningRate, "Peak learning rate of AdamW.", .above(0)),
        Field(
            "learning_rates", \.learningRates,
            "Learning rates for single parameters: the first pattern that matches the whole PEFT path wins.", .patterns),
        Field("lr_scheduler_type", \.lrSchedulerType, "Learning rate schedule."),
        Field("warmup_ratio", \.warmupRatio, "Share of all steps used for linear warm-up.", .within(0...1)),
        Field("warmup_steps", \.warmupSteps, "Number of linear warm-up steps.", .stepsOrNone),
        Field("weight_decay", \.weightDecay, "Decoupled weight decay.", .atLeast(0)),
        Field("adam_beta1", \.adamBeta1, "AdamW's beta1.", .within(0..<1)),
        Field("adam_beta2", \.adamBeta2, "AdamW's beta2.", .within(0..<1)),
        Field("adam_epsilon", \.adamEpsilon, "AdamW's epsilon, added to the denominator.", .above(0)),
        Field(
            "max_grad_norm", \.maxGradNorm, "Maximum gradient norm (gradient clipping); 0 turns it off.", .atLeast(0)),
    ]

    private static let batchFields: [Field<Self>] = [
        Field(
            "per_device_train_batch_size", \.perDeviceTrainBatchSize, "Examples per micro-batch.",
            .within(1...mostRowsPerStep)),
        Field(
            "gradient_accumulation_steps", \.gradientAccumulationSteps, "Micro-batches per training step.",
            .within(1...mostRowsPerStep)),
        Field(
            "num_train_epochs", \.numTrainEpochs,
            "Number of training epochs. The last step of an epoch may have fewer examples.",
            .within(above: 0, upTo: 1_000_000)),
        Field(
            "max_steps", \.maxSteps, "Number of training steps, overriding num_train_epochs; -1 means not set.",
            .stepLimit),
        Field(
            "learn_temperature", \.learnTemperature,
            "Train the temperature of a contrastive model (CLIP's logit_scale)."
        ),
        Field("seed", \.seed, "Random seed for new adapters, the order of examples and dropout."),
    ]

    private static let reportFields: [Field<Self>] = [
        Field("output_dir", \.outputDir, "Output folder of the run."),
        Field("logging_steps", \.loggingSteps, "Log every N steps.", .steps),
        Field("save_steps", \.saveSteps, "Save a checkpoint every N steps; 0 saves only at the end.", .stepsOrNone),
        Field(
            "save_total_limit", \.saveTotalLimit, "Number of newest checkpoints to keep (default: all).",
            Constraint.steps.whenGiven),
        Field(
            "eval_steps", \.evalSteps, "Evaluate on data.validation every N steps (default: only at the end).",
            Constraint.steps.whenGiven),
        Field(
            "load_best_model_at_end", \.loadBestModelAtEnd,
            "At the end, write the adapter of the best evaluation; its checkpoint is kept."),
        Field("metric_for_best_model", \.metricForBestModel, "Metric that decides which evaluation is best."),
        Field(
            "early_stopping_patience", \.earlyStoppingPatience,
            "Stop after this many evaluations without improvement (default: never).",
            Constraint.steps.whenGiven),
        Field(
            "early_stopping_threshold", \.earlyStoppingThreshold, "Smallest change that counts as an improvement.",
            .atLeast(0)),
    ]

    private static let machineFields: [Field<Self>] = [
        Field(
            "gradient_checkpointing", \.gradientCheckpointing,
            "Recompute activations in the backward pass to save memory."),
        Field(
            "lanes", \.lanes,
            "Number of micro-batches computed in parallel, one thread each; auto uses all available cores.", .someLanes),
    ]

    /// Rows in a step, so that what is made of them by rounds, workers and epochs stays countable.
    private static let mostRowsPerStep = 1_000_000

    static let rules: [SectionRule<Self>] = [
        SectionRule(key: "gradient_accumulation_steps") {
            $0.rowsPerStep > mostRowsPerStep
                ? "makes steps of \($0.rowsPerStep) rows with per_device_train_batch_size \($0.perDeviceTrainBatchSize): "
                    + "their product must be at most \(mostRowsPerStep), found \($0.gradientAccumulationSteps)"
                : nil
        },
        SectionRule(key: "warmup_steps") {
            $0.warmupSteps > 0 && $0.warmupRatio > 0 ? "warmup_ratio is given too: give one of them" : nil
        },
        SectionRule(key: "load_best_model_at_end") {
            $0.loadBestModelAtEnd && $0.evalSteps == nil ? "the best of evaluations is looked for: set eval_steps" : nil
        },
        SectionRule(key: "early_stopping_patience") {
            $0.earlyStoppingPatience != nil && $0.evalSteps == nil ? "evaluations are counted: set eval_steps" : nil
        },
        SectionRule(key: "early_stopping_threshold") {
            $0.earlyStoppingThreshold > 0 && $0.earlyStoppingPatience == nil
                ? "says nothing without early_stopping_patience" : nil
        },
        SectionRule(key: "learning_rates") { section in
            section.learningRates.first(where: \.isTooLong).map {
                "the pattern `\($0.pattern.prefix(60))…` has \($0.pattern.utf8.count) bytes, the most are "
                    + "\(PathPattern.longest): shorten it, or write several patterns"
            }
        },
        SectionRule(key: "lr_scheduler_type") {
            $0.lrSchedulerType == .constant && ($0.warmupSteps > 0 || $0.warmupRatio > 0)
                ? "constant has no warm-up, but warmup_\($0.warmupSteps > 0 ? "steps" : "ratio") is given:"
                    + " use constant_with_warmup"
                : nil
        },
    ]
}

extension Constraint<Int> {
    /// More steps than any run takes, and few enough to be counted with.
    fileprivate static let mostSteps = 1_000_000_000

    fileprivate static let steps = within(1...mostSteps)
    fileprivate static let stepsOrNone = within(0...mostSteps)
    fileprivate static let stepLimit = Self(
        requirement: "be -1, or from 1 to \(mostSteps)",
        schema: [
            .init("minimum", .int(-1)), .init("maximum", .int(mostSteps)),
            .init("not", .object([.init("const", .int(0))])),
        ]
    ) { $0 == -1 || (1...mostSteps).contains($0) }
}

extension Constraint<LaneCount> {
    fileprivate static let someLanes = Self(requirement: "be auto, or from 1 to \(LaneCount.range.upperBound)") {
        if case .fixed(let count) = $0 { LaneCount.range.contains(count) } else { true }
    }
}

extension Constraint<[ParameterLearningRate]> {
    fileprivate static let patterns = Self(requirement: "map regular expressions to numbers of at least 0") {
        $0.allSatisfy { $0.value >= 0 && ($0.isTooLong || (try? $0.matches("")) != nil) }
    }
}
