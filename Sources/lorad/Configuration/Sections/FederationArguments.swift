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
        Field("mode", \.mode, "Whether the coordinator owns the data or the workers do."),
        Field(
            "min_workers", \.minWorkers,
            "Federated: workers that must be there before any round begins, and results that it needs. Distributed: workers "
                + "that must have joined before the first step; with local_steps above 1, the stretches of a round.",
            .within(1...10_000)),
        Field(
            "worker_timeout", \.workerTimeout,
            "Seconds of silence after which a worker's task is given to another. Other times follow from it.",
            .within(above: 0, upTo: 1_000_000)),
        Field("rounds", \.rounds, "Times that updates are collected.", .within(1...1_000_000)),
        Field("local_steps", \.localSteps, "Steps that a worker takes in a round.", .within(1...1_000_000)),
        Field(
            "local_epochs", \.localEpochs, "Times through its data that a worker goes in a round, in place of steps.",
            Constraint.within(above: 0, upTo: 1_000_000).whenGiven),
        Field("participation", \.participation, "Share of the workers that take part in a round.", .share),
        Field(
            "round_deadline", \.roundDeadline,
            "Seconds after which a round goes on without those that are late, if min_workers results are in.",
            Constraint.within(above: 0, upTo: 1_000_000).whenGiven),
        Field(
            "max_examples_weight", \.maxExamplesWeight, "The most examples that a worker's weight stands for.",
            .within(1...1_000_000_000)),
        Field("proximal_mu", \.proximalMu, "Strength of FedProx's pull to the round's start.", .atLeast(0)),
        Field("aggregation", \.aggregation, "How updates become one.", .oneOf(Aggregators.names)),
        Field("trimmed_share", \.trimmedShare, "Share that trimmed_mean leaves out at either end.", .within(0..<0.5)),
        Field("faulty_workers", \.faultyWorkers, "Bad updates that krum and multi_krum bear.", .within(0...10_000)),
        Field(
            "norm_bound", \.normBound, "Length that norm_bound clips an update to.", Constraint.above(0).whenGiven),
        Field(
            "refuse_norm", \.refuseNorm, "Length beyond which an update is refused.", Constraint.above(0).whenGiven),
        Field(
            "gain_rank", \.gainRank, "The most rank of what flora and fedex add to the frozen base.",
            .within(1...65_536)),
        Field(
            "server_optimizer", \.serverOptimizer, "How the coordinator applies an aggregated update.",
            .oneOf(ServerOptimizers.names)),
        Field(
            "server_learning_rate", \.serverLearningRate, "Its learning rate; the method's own unless given.",
            Constraint.above(0).whenGiven),
        Field(
            "server_momentum", \.serverMomentum, "The momentum of server optimizer sgd.",
            Constraint.within(0..<1.0).whenGiven),
        Field("server_nesterov", \.serverNesterov, "Whether that momentum is Nesterov's."),
        Field("eval_rounds", \.evalRounds, "Rounds between two evaluations.", .within(1...1_000_000)),
    ]

    /// Steps of all workers in the whole run, so that the rows of them all stay countable.
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
