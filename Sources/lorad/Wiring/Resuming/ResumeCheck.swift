import Adapters
import Foundation
import Tensors
import Training

/// Holds a run that is resumed to what its checkpoint was made with.
struct ResumeCheck {
    let opened: OpenedRun
    /// What the run's result follows from now.
    let record: TrainingRecord
    let allowed: AllowedChanges
    let totalSteps: Int

    /// The differences from the checkpoint, all of them allowed.
    ///
    /// - Parameter say: called with what could not be checked.
    /// - Throws: `CommandError` naming every key that differs, with both values.
    func changes(since checkpoint: URL, _ say: (String) -> Void) throws -> (
        changes: [TrainingRecord.Change], earlier: TrainingRecord?
    ) {
        try allowed.check(against: record)
        let earlier = try TrainingRecord(checkpoint: checkpoint)
        let changes = try earlier.map { record.changes(since: $0) } ?? unrecordedChanges(checkpoint)
        let explained = changes.filter { !isConsequence($0, of: changes) }
        let refused = explained.filter { !allowed.contains($0.key) }
        let problem = try tensorProblem(of: checkpoint)
        guard refused.isEmpty, problem == nil else { throw refusal(of: refused, checkpoint, problem) }
        if earlier == nil { say(Self.notice(checkpoint)) }
        for change in changes { say("resuming with a change: \(change)") }
        return (changes, earlier)
    }

    /// Whether a change follows from others, which are named themselves: other settings make other examples, and other
    /// examples make other tokens.
    private func isConsequence(_ change: TrainingRecord.Change, of changes: [TrainingRecord.Change]) -> Bool {
        guard let aspect = change.aspect else { return false }
        let causes =
            aspect.hasPrefix("tokens of ") ? Self.causesOfTokens : aspect == "rows" ? Self.causesOfRows : []
        return changes.contains { causes.contains($0.key) }
    }

    private static let causesOfRows: Set<String> = ["data.format", "data.prompt"]
    private static let causesOfTokens = causesOfRows.union([
        "data.train", "data.validation", "data.max_length", "data.on_long", "data.template", "tokenizer.add_tokens",
    ])

    private func refusal(
        of changes: [TrainingRecord.Change], _ checkpoint: URL, _ tensorProblem: String?
    ) -> CommandError {
        let list = changes.map { "  \($0)\n" }.joined()
        if let tensorProblem {
            return CommandError(
                "\(checkpoint.path) cannot be resumed with this run file:\n\(list)  \(tensorProblem)\nthe set of "
                    + "trained tensors is fixed for the whole run: change it back, or start another run in another "
                    + "training.output_dir; nothing was written"
            )
        }
        var keys: [String] = []
        for change in changes where !keys.contains(change.key) { keys.append(change.key) }
        let options = keys.map { "--allow-change \($0)" }.joined(separator: " ")
        return CommandError(
            "\(checkpoint.path) was saved with other settings:\n\(list)change them back, or resume on purpose with "
                + "\(options); nothing was written"
        )
    }

    /// Tensors of another name or shape cannot be loaded, whatever is allowed.
    private func tensorProblem(of checkpoint: URL) throws -> String? {
        let file = try SafetensorsFile(path: try AdapterFolder.weights(in: checkpoint).path)
        let parameters = opened.adapted.weights.plan.parameters
        let known = Set(parameters.flatMap { [$0.key] + $0.tiedKeys })
        let changed = parameters.lazy.compactMap { parameter -> String? in
            guard let stored = file[parameter.key] else { return "\(parameter.key) was not trained, but is now" }
            return stored.shape == parameter.shape
                ? nil : "the shape of \(parameter.key) was \(stored.shape), is \(parameter.shape)"
        }
        let dropped = file.names.lazy.filter { !known.contains($0) }.map { "\($0) was trained, but is not now" }
        return changed.first ?? dropped.first
    }
}

/// Checkpoints of releases that kept no record.
extension ResumeCheck {
    private static func notice(_ checkpoint: URL) -> String {
        "\(checkpoint.path) was saved by an earlier release without a record of its settings: only the base model "
            + "and the trained tensors could be checked; make sure that data, seed, batch size, learning rate and "
            + "the rest are unchanged"
    }

    /// What differs as far as it can be told.
    private func unrecordedChanges(_ checkpoint: URL) throws -> [TrainingRecord.Change] {
        let base = record.settings.first { $0.key == "model.path" && $0.aspect == "weights" }
        let recorded = try AdapterBase.recordedFingerprint(in: checkpoint)
        return [orderChange, Self.change(of: base, from: recorded)].compactMap(\.self)
    }

    private static func change(of setting: TrainingRecord.Setting?, from was: String?) -> TrainingRecord.Change? {
        guard let setting, let was, was != setting.value else { return nil }
        return .init(of: setting, from: was)
    }

    /// Earlier releases did not shorten the last step of an epoch of examples in file order, but filled it with the
    /// first examples of the next epoch.
    private var orderChange: TrainingRecord.Change? {
        guard let order = opened.training?.order, order.shuffleSeed == nil, order.rowCount % order.rowsPerStep != 0,
            totalSteps * order.rowsPerStep > order.rowCount
        else { return nil }
        return .init(
            of: .init("data.shuffle", "false, and the last step of an epoch is short"),
            from: "false, and the last step of an epoch was filled with rows of the next one")
    }
}
