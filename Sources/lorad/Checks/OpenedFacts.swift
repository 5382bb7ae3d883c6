import Adapters
import Foundation
import Models
import Training

/// What opening a run's model and data shows.
struct OpenedFacts {
    let model: RunFacts.Model
    /// `nil` if the data is the workers'.
    let rows: RunFacts.Rows?
    /// The problem with examples that are too long, if there are any.
    let lengthProblem: String?

    /// Opens everything, as a run does before its first step; nothing is written.
    ///
    /// - Parameter say: called with notices for the user, one line at a time.
    /// - Throws: what is wrong with the model, the adapter or the data.
    init(_ configuration: RunConfiguration, say: (String) -> Void) throws {
        let opened = try OpenedRun(configuration.takingAnyLength, say: say)
        if configuration.federation != nil { try configuration.checkSharing(of: opened.adapted.model) }
        let limit = configuration.data.maxLength
        let datasets = [opened.training?.encoded, opened.validation?.encoded].compactMap(\.self)
        lengthProblem = datasets.lazy.compactMap { Self.problem(of: $0, limit: limit) }.first
        rows = opened.training.map { training in
            let lengths = (0..<training.encoded.count).map { training.encoded.length(at: $0) }
            let fitting = lengths.count { $0 <= limit }
            return RunFacts.Rows(
                count: max(1, fitting), tooLong: lengths.count - fitting + training.droppedCount,
                longest: lengths.max() ?? 0)
        }
        var memory: Int?
        if let training = opened.training {
            _ = try Trainer(
                model: opened.adapted.model, weights: opened.adapted.weights, source: training.rows,
                order: training.order, arguments: configuration.training, lanes: opened.lanes)
            memory =
                MemoryEstimate(
                    opened.adapted, rows: ShortRows(rows: training.encoded, limit: limit),
                    arguments: configuration.training, lanes: opened.lanes.count
                ).own
        }
        model = RunFacts.Model(
            layers: opened.adapted.weights.plan.linears.map {
                .init(path: $0.path, rank: $0.rank, inputs: $0.inputs, outputs: $0.outputs)
            }, unmatchedModules: configuration.adapter.unmatchedModules(of: opened.adapted.modules.map(\.path)),
            isContrastive: opened.adapted.model.objective.comparison != nil, memory: memory)
    }

    private static func problem(of dataset: EncodedDataset, limit: Int) -> String? {
        let lengths = (0..<dataset.count).map { dataset.length(at: $0) }.filter { $0 > limit }
        if let longest = lengths.max() {
            return
                "\(dataset.path): \(lengths.count) of \(dataset.datasetCount) examples have more than \(limit) "
                + "tokens, the longest has \(longest): raise it, or set data.on_long to drop"
        }
        guard dataset.droppedCount > 0 else { return nil }
        return
            "\(dataset.path): \(dataset.droppedCount) of \(dataset.datasetCount) examples are longer than the model "
            + "allows: shorten them, or set data.on_long to drop"
    }
}

extension RunConfiguration {
    /// The same with examples of any length, which are counted then instead of refused, and without a cache on disk.
    fileprivate var takingAnyLength: RunConfiguration {
        var changed = self
        changed.data.featureCache = ""
        guard data.onLong != .truncate else { return changed }
        changed.data.maxLength = .max
        changed.data.onLong = .drop
        return changed
    }
}

extension AdapterArguments {
    /// Names in `modules_to_save` that no path ends in, as PEFT looks for them.
    fileprivate func unmatchedModules(of paths: [String]) -> [String] {
        let names = (tree["modules_to_save"]?.arrayValue ?? []).compactMap(\.stringValue)
        return names.filter { name in !paths.contains { $0.hasSuffix(name) } }
    }
}

/// Examples as long as they are, but none longer than a limit.
private struct ShortRows: RowLengths {
    let rows: EncodedDataset
    let limit: Int

    var count: Int { rows.count }
    func length(at index: Int) -> Int { min(limit, rows.length(at: index)) }
    func supervisedCount(at index: Int) -> Int { rows.supervisedCount(at: index) }
}
