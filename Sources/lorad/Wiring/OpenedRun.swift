import Adapters
import Foundation
import Models
import Tensors
import Training

/// What a run file names, opened: the model with its adapter, the data, and the lanes to compute on.
struct OpenedRun: Sendable {
    let configuration: RunConfiguration
    let adapted: AdaptedModel
    let inputs: ModelInputs
    /// What there is to train on; `nil` if the data is the workers'.
    let training: TrainingRows?
    let validation: OpenedSource?
    let lanes: Lanes

    /// Opens everything; nothing is written.
    ///
    /// - Parameters:
    ///   - skipsBadRows: whether to skip examples that cannot be used instead of failing.
    ///   - say: called with notices for the user, one line at a time.
    init(_ configuration: RunConfiguration, skipsBadRows: Bool = false, say: (String) -> Void) throws {
        var configuration = configuration
        let (data, arguments) = (configuration.data, configuration.training)
        let type = configuration.model.precision.type
        Products.notices(computing: type).forEach(say)
        let base = try ModelFolder(URL(filePath: configuration.model.path))
            .adding(configuration.tokenizer?.additions ?? VocabularyAdditions())
        adapted = try AdaptedModel(
            base, adapter: configuration.adapter, learnsTemperature: arguments.learnTemperature, computing: type,
            seed: arguments.seed)
        adapted.notices.forEach(say)
        let folder = adapted.folder
        // Workers know nothing of the folder of adapter.path: they are told what it adds.
        let additions = folder.checkpoint.additions
        if !additions.tokens.isEmpty || additions.rows > 0 { configuration.tokenizer = TokenizerArguments(additions) }
        self.configuration = configuration
        let inputs = try ModelInputs(folder, model: adapted.model, template: data.template)
        inputs.templateNotices.forEach(say)
        self.inputs = inputs
        let features = try inputs.featureCache(
            data.featureCache, gigabytes: data.featureCacheGigabytes, folder, adapted.model, computing: type, say: say)
        func open(_ path: String) throws -> OpenedSource {
            var options = data.options(path: path)
            options.skipsBadRows = skipsBadRows
            var source = try inputs.source(options, maxLength: data.maxLength, onLong: data.onLong, say: say)
            source.rows.features = features
            return source
        }
        training = try data.train.isEmpty ? nil : TrainingRows(open(data.train), data, arguments)
        validation = try data.validation.map(open)
        lanes = Lanes(count: arguments.lanes.resolved)
    }

    /// The examples that were skipped because they cannot be used.
    var skippedRows: SkippedRows { SkippedRows([training?.encoded, validation?.encoded].compactMap(\.self)) }

    /// Says how much there is to do, and what trains.
    func sayRows(steps: Int, unit: String = "step", _ say: (String) -> Void) {
        let counts = [(training?.rows.count, "row"), (steps, unit), (lanes.count, "lane")].compactMap { count, name in
            count.map { "\($0.grouped) \(name)\($0 == 1 ? "" : "s")" }
        }
        say("\(counts.joined(separator: ", ")), \(Products.summary)")
        let dropped = (training?.droppedCount ?? 0) + (validation?.droppedCount ?? 0)
        if dropped > 0 {
            say(
                "\(dropped) examples are longer than data.max_length and were dropped (data.on_long: drop)")
        }
        say("\(adapted.parameterCount)")
    }

    /// Evaluates the adapter as it is; `nil` without validation data.
    @Sendable func evaluate() throws -> Evaluation? {
        try validation.map { try Evaluation(adapted.model, $0.rows, lanes: lanes) }
    }
}

/// The examples of a run, and which of them each step takes.
struct TrainingRows: Sendable {
    let rows: ConversationSource
    /// The same examples before they are packed.
    let encoded: EncodedDataset
    /// Number of examples dropped because they are too long.
    let droppedCount: Int
    let order: BatchOrder

    init(_ source: OpenedSource, _ data: DataArguments, _ training: TrainingArguments) {
        (rows, encoded, droppedCount) = (source.rows, source.encoded, source.droppedCount)
        order = BatchOrder(rowCount: rows.count, data: data, training: training)
    }
}

extension OpenedRun {
    /// What there is to train on.
    ///
    /// - Throws: `CommandError` if the run file names no data.
    func trainingRows() throws -> TrainingRows {
        guard let training else {
            throw CommandError("data.train is missing: only the coordinator of a federated run can do without it")
        }
        return training
    }
}
