import Federation

/// The `federation` section: how a coordinator and its workers share the work.
struct FederationArguments: ConfigurationSection {
    /// Where the data is.
    enum Mode: String, CaseIterable, Sendable {
        case distributed
        case federated
    }

    var mode = Mode.distributed
    var minWorkers = 1
    var workerTimeout = 30.0
    var rounds = 1
    var localSteps = 1
    var localEpochs: Double?
    var participation = 1.0
    var roundDeadline: Double?
    var maxExamplesWeight = 1_000_000
    var proximalMu = 0.0
    var aggregation = "mean"
    var trimmedShare = 0.2
    var faultyWorkers = 1
    var normBound: Double?
    var refuseNorm: Double?
    var gainRank = 256
    var serverOptimizer = "none"
    var serverLearningRate: Double?
    var serverMomentum: Double?
    var serverNesterov: Bool?
    var evalRounds = 1

    static let fields: [Field<Self>] = [
        Field("mode", \.mode, "distributed: the coordinator has the data. federated: each worker has its own."),
        Field(
            "min_workers", \.minWorkers,
            "Federated: workers needed to begin a round, and results needed to end it. Distributed: workers that must join "
                + "before the first step; with local_steps above 1, the number of stretches per round.",
            .within(1...10_000)),
        Field(
            "worker_timeout", \.workerTimeout,
            "Seconds without a sign of life after which a worker's task goes to another worker. Other time-outs follow from it.",
            .within(above: 0, upTo: 1_000_000)),
        Field("rounds", \.rounds, "Number of rounds.", .within(1...1_000_000)),
        Field("local_steps", \.localSteps, "Training steps per worker and round.", .within(1...1_000_000)),
        Field(
            "local_epochs", \.localEpochs, "Epochs per worker and round, instead of local_steps.",
            Constraint.within(above: 0, upTo: 1_000_000).whenGiven),
        Field("participation", \.participation, "Share of the workers that take part in each round.", .share),
        Field(
            "round_deadline", \.roundDeadline,
            "Seconds after which a round ends without the late workers, if min_workers results have arrived.",
            Constraint.within(above: 0, upTo: 1_000_000).whenGiven),
        Field(
            "max_examples_weight", \.maxExamplesWeight, "Upper limit of a worker's weight, in examples.",
            .within(1...1_000_000_000)),
        Field(
            "proximal_mu", \.proximalMu, "FedProx: strength of the pull towards the round's starting point.",
            .atLeast(0)),
        Field("aggregation", \.aggregation, "How updates are combined.", .oneOf(Aggregators.names)),
        Field(
            "trimmed_share", \.trimmedShare, "trimmed_mean: share of the values to drop at each end.", .within(0..<0.5)),
        Field(
            "faulty_workers", \.faultyWorkers, "krum and multi_krum: number of bad updates to tolerate.",
            .within(0...10_000)),
        Field(
            "norm_bound", \.normBound, "norm_bound: norm to which an update is clipped.", Constraint.above(0).whenGiven),
        Field(
            "refuse_norm", \.refuseNorm, "Refuse an update whose norm is above this.", Constraint.above(0).whenGiven),
        Field(
            "gain_rank", \.gainRank, "Maximum rank of what flora and fedex_lora add to the frozen base.",
            .within(1...65_536)),
        Field(
            "server_optimizer", \.serverOptimizer, "Optimizer with which the coordinator applies a combined update.",
            .oneOf(ServerOptimizers.names)),
        Field(
            "server_learning_rate", \.serverLearningRate,
            "Learning rate of the server optimizer (default: the optimizer's own).",
            Constraint.above(0).whenGiven),
        Field(
            "server_momentum", \.serverMomentum, "Momentum of server_optimizer sgd.",
            Constraint.within(0..<1.0).whenGiven),
        Field("server_nesterov", \.serverNesterov, "Use Nesterov momentum."),
        Field("eval_rounds", \.evalRounds, "Evaluate every N rounds.", .within(1...1_000_000)),
    ]

    /// Steps of all workers in the whole run, so the rows of them all stay countable.
    private static let mostSteps = 1_000_000_000_000

    static let rules: [SectionRule<Self>] = [
        SectionRule(key: "rounds") {
            let steps = $0.rounds * $0.localSteps * $0.minWorkers
            guard $0.mode == .distributed, steps > mostSteps else { return nil }
            return "rounds \($0.rounds), local_steps \($0.localSteps) and min_workers \($0.minWorkers) make \(steps) "
                + "steps: their product must be at most \(mostSteps)"
        },
        SectionRule(key: "aggregation") { arguments in
            do {
                _ = try arguments.makeAggregator()
                return nil
            } catch {
                return "\(error)"
            }
        },
        SectionRule(key: "server_optimizer") { arguments in
            guard let aggregator = try? arguments.makeAggregator() else { return nil }
            do {
                _ = try arguments.makeServerOptimizer(after: aggregator)
                return nil
            } catch {
                return "\(error)"
            }
        },
        SectionRule(key: "min_workers") { arguments in
            guard arguments.mode == .federated || arguments.localSteps > 1,
                let needed = try? arguments.makeAggregator().minimumUpdates, arguments.minWorkers < needed
            else { return nil }
            return "aggregation \(arguments.aggregation) needs \(needed) updates in a round, and so as many workers: "
                + "found \(arguments.minWorkers)"
        },
        SectionRule(key: "aggregation") {
            $0.mode == .distributed && $0.localSteps == 1 && $0.aggregation != "mean"
                ? "gradients of one step can only be added up: use mean, more local_steps, or mode federated" : nil
        },
        SectionRule(key: "local_epochs") {
            $0.mode == .distributed && $0.localEpochs != nil
                ? "the data is the coordinator's: give local_steps, or mode federated" : nil
        },
    ]

    /// The aggregator that the section names.
    func makeAggregator(seed: UInt64 = 0) throws -> any Aggregator {
        var options = AggregationOptions()
        options.trimmedShare = trimmedShare
        options.faultyWorkers = faultyWorkers
        options.normBound = normBound
        options.seed = seed
        return try Aggregators.named(aggregation, options)
    }

    /// The server optimizer that the section names.
    func makeServerOptimizer(after aggregator: any Aggregator) throws -> any ServerOptimizer {
        var options = ServerOptimizerOptions()
        options.learningRate = serverLearningRate
        options.momentum = serverMomentum
        options.nesterov = serverNesterov
        return try ServerOptimizers.named(serverOptimizer, options, after: aggregator)
    }
}

extension Constraint<Double> {
    static let share = within(above: 0, upTo: 1)
}
