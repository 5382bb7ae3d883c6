import Federation

/// Finds the worker that a command means.
struct WorkerChoice {
    let run: String
    /// Every worker that has joined the run.
    let workers: [WorkerRecord]

    /// The worker of a fingerprint, of the beginning of one, or of a name.
    ///
    /// - Throws: `CommandError` that names the candidates if there is none or are several.
    func worker(_ text: String) throws -> WorkerRecord {
        let digits = text.lowercased()
        let named = workers.filter { $0.name == text }
        let found = named.isEmpty ? workers.filter { !digits.isEmpty && $0.fingerprint.hasPrefix(digits) } : named
        guard let first = found.first else {
            throw CommandError(
                "no worker \(text.debugDescription) has joined run \(run)\(list(workers, "; these have: "))")
        }
        guard found.count == 1 else {
            throw CommandError("\(text.debugDescription) matches several workers of run \(run)\(list(found, ": "))")
        }
        return first
    }

    private func list(_ workers: [WorkerRecord], _ start: String) -> String {
        guard !workers.isEmpty else { return "" }
        return start + workers.map { "\($0.name.onOneLine) \($0.fingerprint)" }.joined(separator: ", ")
    }
}
