import Training

extension AdviceRules {
    /// Settings that say nothing to a run with the others it has.
    static let ofUnused: [AdviceRule] = [
        AdviceRule(name: "settings of another server optimizer") { facts in
            guard let federation = facts.configuration.federation else { return [] }
            let name = federation.serverOptimizer
            let given = [
                ("server_learning_rate", federation.serverLearningRate != nil && name == "none"),
                ("server_momentum", federation.serverMomentum != nil && name != "sgd"),
                ("server_nesterov", federation.serverNesterov != nil && name != "sgd"),
            ]
            return unused(given, because: "server_optimizer \(name) does not use it")
        },
        AdviceRule(name: "settings of another aggregation") { facts in
            guard let federation = facts.configuration.federation else { return [] }
            let (name, usual) = (federation.aggregation, FederationArguments())
            let given = [
                ("norm_bound", federation.normBound != nil && name != "norm_bound"),
                ("trimmed_share", federation.trimmedShare != usual.trimmedShare && name != "trimmed_mean"),
                ("faulty_workers", federation.faultyWorkers != usual.faultyWorkers && !name.hasSuffix("krum")),
            ]
            return unused(given, because: "aggregation \(name) does not use it")
        },
        AdviceRule(name: "local steps beside epochs") { facts in
            guard let federation = facts.configuration.federation else { return [] }
            return unused(
                [("local_steps", federation.localEpochs != nil && federation.localSteps > 1)],
                because: "local_epochs takes precedence")
        },
        AdviceRule(name: "a length that rounds decide") { facts in
            guard facts.isAveraged else { return [] }
            let usual = RunConfiguration().training
            let given = [
                ("max_steps", facts.training.maxSteps != usual.maxSteps),
                ("num_train_epochs", facts.training.numTrainEpochs != usual.numTrainEpochs),
            ]
            return unused(
                given, of: "training", because: "federation.rounds and local_steps or local_epochs set the length")
        },
    ]

    /// Advice on each key that is set to no end.
    ///
    /// - Parameter keys: names, and whether they are.
    private static func unused(
        _ keys: [(String, Bool)], of section: String = "federation", because reason: String
    ) -> [Advice] {
        keys.filter { $0.1 }.map {
            Advice(key: "\(section).\($0.0)", what: "has no effect", why: reason, action: "remove it")
        }
    }
}
