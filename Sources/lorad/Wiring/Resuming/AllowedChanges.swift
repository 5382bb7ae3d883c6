import Training

/// The settings that a run may be resumed with although its checkpoint was made with others: `--allow-change KEY`.
struct AllowedChanges: Sendable {
    /// Run-file keys, dotted.
    let keys: [String]

    /// No change, or those of some keys.
    init(_ keys: [String] = []) { self.keys = keys }

    /// Whether a key may have changed.
    func contains(_ key: String) -> Bool { keys.contains(key) }

    /// Refuses keys that no checkpoint is held to.
    ///
    /// - Throws: `CommandError`.
    func check(against record: TrainingRecord) throws {
        let known = Set(record.settings.map(\.key))
        for key in keys where !known.contains(key) {
            guard !RunConfiguration.hasKey(key) else {
                throw CommandError(
                    "--allow-change \(key): a checkpoint does not depend on this key: change it without this option")
            }
            let nearest = NearestName.of(key, among: known.sorted()).map { "did you mean \($0)?" }
            throw CommandError(
                "--allow-change \(key): no such key in a run file; "
                    + (nearest ?? "expected one such as training.num_train_epochs"))
        }
    }
}

extension RunConfiguration {
    /// Whether there is a dotted key.
    fileprivate static func hasKey(_ key: String) -> Bool {
        var fields = fields.map(\.description)
        for name in key.split(separator: ".", omittingEmptySubsequences: false) {
            guard let field = fields.first(where: { $0.name == name }) else { return false }
            fields = field.nested
        }
        return true
    }
}
