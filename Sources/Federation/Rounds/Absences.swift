import Transports

/// Workers whose silence has held up exchanges of secure aggregation, or ended them. That proves nothing against them, so they
/// are left out of a few rounds only: 1 at first, twice as many each further time, 64 at most.
struct Absences {
    private struct Silence {
        /// Stages that were let pass; the second leaves the worker out, and then each one does.
        var stages = 0
        /// How often the worker was left out.
        var times = 0
    }

    /// Since the worker last took part to the end.
    private var silences: [WorkerID: Silence] = [:]
    /// After how many rounds with a result a worker may take part again.
    private var returns: [WorkerID: Int] = [:]
    private var committed = 0

    /// Whether a worker is left out now.
    func isLeftOut(_ worker: WorkerID) -> Bool { (returns[worker] ?? 0) > committed }

    /// A round has come to a result.
    mutating func didCommit() { committed += 1 }

    /// A worker has taken part to the end.
    mutating func answered(_ worker: WorkerID) { silences[worker] = nil }

    /// Counts a worker's silence.
    ///
    /// - Parameter endedExchange: whether there was no sum because of it.
    /// - Returns: of how many rounds it is left out; 0 for a first stage that only cost time.
    mutating func failed(_ worker: WorkerID, endedExchange: Bool) -> Int {
        var silence = silences[worker] ?? Silence()
        silence.stages += 1
        defer { silences[worker] = silence }
        guard endedExchange || silence.stages >= 2 else { return 0 }
        let rounds = 1 << min(silence.times, 6)
        silence.times += 1
        returns[worker] = committed + rounds
        return rounds
    }
}
