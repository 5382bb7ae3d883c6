import Training

extension AdviceRules {
    static let ofData: [AdviceRule] = [
        AdviceRule(name: "rows that are too long") { facts in
            guard let rows = facts.rows, rows.tooLong > 0, facts.data.onLong == .drop else { return [] }
            return [
                Advice(
                    key: "data.max_length",
                    what:
                        "\(rows.tooLong) of \(rows.count + rows.tooLong) rows are longer than \(facts.data.maxLength) tokens,"
                        + " the longest has \(rows.longest)",
                    why: "on_long: drop leaves them out, and what only long rows teach is not learned",
                    action: "raise it to \(rows.longest), as far as the model goes, or split the rows")
            ]
        },
        AdviceRule(name: "validation on the training data") { facts in
            guard !facts.data.train.isEmpty, facts.data.validation == facts.data.train else { return [] }
            return [
                Advice(
                    key: "data.validation", what: "is data.train",
                    why: "a run that learns its rows by heart looks perfect there",
                    action: "keep some rows apart, by patient, place or drive, and name them here")
            ]
        },
        AdviceRule(name: "many passes unseen", isOfExperience: true) { facts in
            guard facts.data.validation == nil, let passes = facts.passes, passes > 3, !facts.data.train.isEmpty
            else { return [] }
            return [
                Advice(
                    key: "data.validation", what: "is not given, and the data is seen \(passes.short) times",
                    why: "nothing tells when rows are learned by heart",
                    action: "name rows that are not trained on, or set training.num_train_epochs: 1")
            ]
        },
        AdviceRule(name: "steps larger than the data") { facts in
            guard let rows = facts.rows, facts.training.rowsPerStep > rows.count else { return [] }
            let training = facts.training
            return [
                Advice(
                    key: training.gradientAccumulationSteps > 1
                        ? "training.gradient_accumulation_steps" : "training.per_device_train_batch_size",
                    what: "a step asks for \(training.rowsPerStep) rows, and there are \(rows.count)",
                    why: facts.data.shuffle
                        ? "every epoch is a single step" : "rows are taken several times in one step",
                    action: "take at most \(rows.count) rows a step, or a quarter of that to move more often")
            ]
        },
        AdviceRule(name: "few pairs to compare", isOfExperience: true) { facts in
            guard facts.model?.isContrastive == true, facts.training.rowsPerStep < 16 else { return [] }
            return [
                Advice(
                    key: "training.per_device_train_batch_size",
                    what: "\(facts.training.rowsPerStep) pairs in a step of a contrastive model",
                    why: "each pair learns from being told apart from the others of its step",
                    action: "set 32 or more, accumulation included")
            ]
        },
    ]
}
