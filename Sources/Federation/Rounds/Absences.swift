import Transports

/// Workers whose silence has held up exchanges of secure aggregation, or ended them. That proves nothing against them, so they
/// are left out of a few rounds only: 1 at first, twice as many each further time, 64 at most. The number is halved again once a
/// worker has taken part to the end in four times the rounds that it was left out of last, so that it cannot hold up every other one.
///
/// A run that has no worker to spare does not wait for rounds that cannot begin: it asks a worker again after as many times
/// the workers' patience.
struct Absences {
    private struct Silence {
        /// Rises with each exchange that the worker held up, falls with each that it took part in to the end.
        var score = 0
        /// The doublings of the rounds that it sits out.
        var times = 0
        /// The rounds to take part in before it is one doubling less.
        var owed = 0
    }

    /// When a worker may take part again.
    private struct Return {
        /// After this many finished rounds.
        let round: Int
        /// Or at this time, if too few other workers are left.
        let time: Duration
    }

    private static let (delay, limit, most) = (2, 3, 4)
    /// Rounds to take part in for each that a worker was left out of.
    private static let patience = 4
    private var silences: [WorkerID: Silence] = [:]
    private var returns: [WorkerID: Return] = [:]
    private var committed = 0

    /// Whether a worker is left out now.
    func isLeftOut(_ worker: WorkerID) -> Bool { (returns[worker]?.round ?? 0) > committed }

    /// Whether a worker is asked again where too few others are left.
    func isDue(_ worker: WorkerID, at now: Duration) -> Bool { returns[worker].map { now >= $0.time } ?? true }

    /// A round has come to a result.
    mutating func didCommit() { committed += 1 }

    /// A worker has taken part to the end.
    mutating func answered(_ worker: WorkerID) {
        guard var silence = silences[worker] else { return }
        silence.score = max(0, silence.score - 1)
        silence.owed = max(0, silence.owed - 1)
        if silence.owed == 0, silence.times > 0 {
            silence.times -= 1
            silence.owed = silence.times > 0 ? Self.patience * Self.rounds(silence.times - 1) : 0
        }
        silences[worker] = silence.score + silence.times > 0 ? silence : nil
    }

    /// Counts a worker's silence.
    ///
    /// - Parameters:
    ///   - endedExchange: whether there was no sum because of it.
    ///   - patience: the time that stands for a round where a run has no worker to spare.
    /// - Returns: of how many rounds it is left out; 0 where it only cost time, and seldom.
    mutating func failed(_ worker: WorkerID, endedExchange: Bool, at now: Duration, patience: Duration) -> Int {
        var silence = silences[worker] ?? Silence()
        silence.score = min(Self.most, silence.score + Self.delay)
        defer { silences[worker] = silence }
        guard endedExchange || silence.score >= Self.limit else { return 0 }
        let rounds = Self.rounds(silence.times)
        silence.times = min(silence.times + 1, 7)
        silence.owed = Self.patience * rounds
        returns[worker] = Return(round: committed + rounds, time: now + patience * rounds)
        return rounds
    }

    /// The rounds that a worker is left out of after so many doublings.
    private static func rounds(_ times: Int) -> Int { 1 << min(times, 6) }
}
