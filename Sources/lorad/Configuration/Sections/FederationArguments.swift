/// The `federation` section: how a coordinator and its workers share the work.
struct FederationArguments: ConfigurationSection {
    /// Where the data is.
    enum Mode: String, CaseIterable, Sendable {
        case distributed
        case federated
    }

    var mode = Mode.distributed
    var minWorkers = 1
    var rounds = 1
    var localSteps = 1
    var aggregation = "mean"
    var serverOptimizer = "none"
    var workerTimeout = 30.0

    static let fields: [Field<Self>] = [
        Field("mode", \.mode, "Whether the coordinator owns the data or the workers do."),
        Field("min_workers", \.minWorkers, "Workers that must have joined before work begins.", .atLeast(1)),
        Field("rounds", \.rounds, "Times that updates are collected.", .atLeast(1)),
        Field("local_steps", \.localSteps, "Steps that a worker takes between two rounds.", .atLeast(1)),
        Field("aggregation", \.aggregation, "How updates become one."),
        Field("server_optimizer", \.serverOptimizer, "How the coordinator applies an aggregated update."),
        Field(
            "worker_timeout", \.workerTimeout, "Seconds of silence after which a worker's task is given to another.",
            .above(0)),
    ]
}
