import Models
import Training

/// What rules look at: what a run file says, and what is known of the model, the data and the machine.
struct RunFacts: Sendable {
    /// A layer with an adapter.
    struct Layer: Equatable, Sendable {
        var path: String
        var rank: Int
        var inputs: Int
        var outputs: Int
    }

    /// What is known of a model that could be opened.
    struct Model: Equatable, Sendable {
        /// The layers with adapters.
        var layers: [Layer]
        /// Names in `modules_to_save` that no module's path ends in.
        var unmatchedModules: [String] = []
        /// Whether it compares images and texts instead of writing.
        var isContrastive = false
        /// Memory of the run in addition to the mapped weights, in bytes, if known from the data.
        var memory: Int?
    }

    /// What is known of data that could be opened.
    struct Rows: Equatable, Sendable {
        /// Examples that are trained on.
        var count: Int
        /// Examples that are longer than `data.max_length`, or than the model takes.
        var tooLong = 0
        /// Tokens of the longest example.
        var longest = 0
    }

    /// What the machine has.
    struct Machine: Equatable, Sendable {
        /// Whether the processor multiplies bfloat16 numbers.
        var multipliesBFloat16 = true
        /// Available memory in bytes, if the system reports it.
        var availableMemory: Int?
    }

    let configuration: RunConfiguration
    /// The run file as it was written.
    let document: ConfigurationNode
    var model: Model?
    var rows: Rows?
    var machine = Machine()

    init(_ configuration: RunConfiguration, document: ConfigurationNode) {
        self.configuration = configuration
        self.document = document
    }

    var training: TrainingArguments { configuration.training }
    var data: DataArguments { configuration.data }

    /// Whether the file itself has a key, dotted, instead of leaving it at its default.
    func gives(_ key: String) -> Bool { document[key.split(separator: ".").map(String.init)] != nil }

    /// Whether the model is far smaller than any that was published: its layers are narrower than 256.
    var isToy: Bool {
        guard let layers = model?.layers, !layers.isEmpty else { return false }
        return layers.allSatisfy { max($0.inputs, $0.outputs) < 256 }
    }

    /// Whether workers train for themselves and their updates are averaged: what counts then is rounds.
    var isAveraged: Bool {
        configuration.federation.map { $0.mode == .federated || $0.localSteps > 1 } ?? false
    }

    /// What the learning rate's schedule counts: `steps`, or `rounds`.
    var unit: String { isAveraged ? "rounds" : "steps" }

    /// Their planned number, if known.
    var plannedSteps: Int? {
        if isAveraged { return configuration.federation?.rounds }
        if training.maxSteps > 0 { return training.maxSteps }
        return rows.map {
            BatchOrder(rowCount: $0.count, data: data, training: training).totalSteps(
                epochs: training.numTrainEpochs, maxSteps: -1)
        }
    }

    /// Number of epochs, if known.
    var passes: Double? {
        guard !isAveraged else { return nil }
        guard training.maxSteps > 0 else { return training.numTrainEpochs }
        return rows.map {
            BatchOrder(rowCount: $0.count, data: data, training: training).epochs(afterSteps: training.maxSteps)
        }
    }
}
