import Training

extension AdviceRules {
    /// Learning rates that LoRA is trained at, by recipes and papers.
    private static let usualRates = 1e-5...1e-3

    static let ofSteps: [AdviceRule] = [
        AdviceRule(name: "unusual learning rate", isOfExperience: true) { facts in
            let rate = facts.training.learningRate
            guard !usualRates.contains(rate) else { return [] }
            return [
                Advice(
                    key: "training.learning_rate", what: "\(rate.short) is outside 1e-05 to 0.001",
                    why: rate < usualRates.lowerBound
                        ? "LoRA needs about ten times the learning rate of full fine-tuning, and hardly learns at "
                            + "this one"
                        : "at such rates LoRA runs diverge or forget what the base model knows",
                    action: "set 1e-4 to 3e-4")
            ]
        },
        AdviceRule(name: "unusual learning rate of a part", isOfExperience: true) { facts in
            facts.training.learningRates.filter { $0.value > usualRates.upperBound }.prefix(1).map {
                Advice(
                    key: "training.learning_rates", what: "\($0.value.short) for \($0.pattern) is above 0.001",
                    why: "at such rates LoRA runs diverge or forget what the base model knows",
                    action: "set 1e-4 to 3e-4")
            }
        },
        AdviceRule(name: "warm-up longer than the run") { facts in
            guard let steps = facts.plannedSteps, !facts.isConstant else { return [] }
            let warmup = facts.training.warmupSteps(totalSteps: steps)
            guard warmup > 1, 2 * warmup > steps else { return [] }
            let isByRatio = facts.training.warmupSteps == 0
            return [
                Advice(
                    key: isByRatio ? "training.warmup_ratio" : "training.warmup_steps",
                    what: "the warm-up takes \(warmup) of \(steps) \(facts.unit)",
                    why: warmup >= steps
                        ? "the learning rate never reaches its peak"
                        : "most of the run stays below the peak learning rate",
                    action: isByRatio ? "set 0.03 to 0.1" : "set \(max(1, steps / 20)) or less, or warmup_ratio: 0.03")
            ]
        },
        AdviceRule(name: "two lengths of a run") { facts in
            guard facts.training.maxSteps > 0, facts.gives("training.num_train_epochs") else { return [] }
            return [
                Advice(
                    key: "training.num_train_epochs",
                    what: "is set together with max_steps: \(facts.training.maxSteps)",
                    why: "max_steps takes precedence", action: "remove one of them")
            ]
        },
        AdviceRule(name: "many passes", isOfExperience: true) { facts in
            let training = facts.training
            guard let passes = facts.passes, passes > 10, !training.loadBestModelAtEnd,
                training.earlyStoppingPatience == nil
            else { return [] }
            return [
                Advice(
                    key: training.maxSteps > 0 ? "training.max_steps" : "training.num_train_epochs",
                    what: "the data is seen \(passes.short) times",
                    why: "LoRA recipes use one to three epochs, and later ones mostly memorise",
                    action: "set fewer, or evaluate and set training.load_best_model_at_end: true")
            ]
        },
        AdviceRule(name: "checkpoints that never come") { facts in
            guard facts.gives("training.save_steps"), let steps = facts.plannedSteps, !facts.isAveraged,
                facts.training.saveSteps > steps
            else { return [] }
            return [
                Advice(
                    key: "training.save_steps", what: "\(facts.training.saveSteps), and the run has \(steps) steps",
                    why: "there is no checkpoint to resume from after a crash", action: "set \(max(1, steps / 5))")
            ]
        },
        AdviceRule(name: "a log that never comes") { facts in
            guard facts.gives("training.logging_steps"), let steps = facts.plannedSteps, !facts.isAveraged,
                facts.training.loggingSteps > steps
            else { return [] }
            return [
                Advice(
                    key: "training.logging_steps",
                    what: "\(facts.training.loggingSteps), and the run has \(steps) steps",
                    why: "the log and the loss curve have a single point", action: "set \(max(1, steps / 50))")
            ]
        },
    ]
}

extension RunFacts {
    /// Whether the schedule never has a warm-up.
    fileprivate var isConstant: Bool { training.lrSchedulerType == .constant }
}
