import Training

extension AdviceRules {
    static let ofData: [AdviceRule] = [
        AdviceRule(name: "rows that are too long") { facts in
            guard let rows = facts.rows, rows.tooLong > 0, facts.data.onLong == .drop else { return [] }
            return [
                Advice(
                    key: "data.max_length",
                    what:
                        "\(rows.tooLong) of \(rows.count + rows.tooLong) examples are longer than "
                        + "\(facts.data.maxLength) tokens, the longest has \(rows.longest)",
                    why: "on_long: drop skips them, so the model learns nothing from them",
                    action: "raise it to \(rows.longest), if the model allows that, or split the examples")
            ]
        },
        AdviceRule(name: "validation on the training data") { facts in
            guard !facts.data.train.isEmpty, facts.data.validation == facts.data.train else { return [] }
            return [
                Advice(
                    key: "data.validation", what: "is the same as data.train",
                    why: "a model that only memorises its training data looks perfect there",
                    action: "set some examples apart, by patient, place or drive, and name them here")
            ]
        },
        AdviceRule(name: "many passes unseen", isOfExperience: true) { facts in
            guard facts.data.validation == nil, let passes = facts.passes, passes > 3, !facts.data.train.isEmpty
            else { return [] }
            return [
                Advice(
                    key: "data.validation", what: "is not set, and the data is seen \(passes.short) times",
                    why: "nothing shows when the model begins to overfit",
                    action: "name examples that are not trained on, or set training.num_train_epochs: 1")
            ]
        },
        AdviceRule(name: "steps larger than the data") { facts in
            guard let rows = facts.rows, facts.training.rowsPerStep > rows.count else { return [] }
            let training = facts.training
            return [
                Advice(
                    key: training.gradientAccumulationSteps > 1
                        ? "training.gradient_accumulation_steps" : "training.per_device_train_batch_size",
                    what: "a step takes \(training.rowsPerStep) examples, but the dataset has \(rows.count)",
                    why: facts.data.shuffle
                        ? "every epoch is a single step" : "a step takes the same examples several times",
                    action: "take at most \(rows.count) examples per step, or a quarter of that for more updates")
            ]
        },
        AdviceRule(name: "few pairs to compare", isOfExperience: true) { facts in
            guard facts.model?.isContrastive == true, facts.training.rowsPerStep < 16 else { return [] }
            return [
                Advice(
                    key: "training.per_device_train_batch_size",
                    what: "\(facts.training.rowsPerStep) pairs per step of a contrastive model",
                    why: "each pair is contrasted only with the others of its step",
                    action: "set 32 or more, including accumulation")
            ]
        },
    ]
}
