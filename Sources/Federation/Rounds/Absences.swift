import Transports

/// Workers whose silence has held up exchanges of secure aggregation, or ended them. That proves nothing against them, so they
/// are left out of a few rounds only: 1 at first, twice as many each further time, 64 at most.
struct Absences {
    /// Stages that were let pass, since the worker last took part to the end; one that ended an exchange counts twice.
    private var failures: [WorkerID: Int] = [:]
    /// After how many rounds with a result a worker may take part again.
    private var returns: [WorkerID: Int] = [:]
    private var committed = 0

    /// Whether a worker is left out now.
    func isLeftOut(_ worker: WorkerID) -> Bool { (returns[worker] ?? 0) > committed }

    /// A round has come to a result.
    mutating func didCommit() { committed += 1 }

    /// A worker has taken part to the end.
    mutating func answered(_ worker: WorkerID) { failures[worker] = nil }

    /// Counts a worker's silence.
    ///
    /// - Parameter endedExchange: whether there was no sum because of it.
    /// - Returns: of how many rounds it is left out; 0 for a first time that only cost time.
    mutating func failed(_ worker: WorkerID, endedExchange: Bool) -> Int {
        let count = failures[worker, default: 0] + (endedExchange ? 2 : 1)
        failures[worker] = count
        guard count >= 2 else { return 0 }
        let rounds = 1 << min(count - 2, 6)
        returns[worker] = committed + rounds
        return rounds
    }
}
