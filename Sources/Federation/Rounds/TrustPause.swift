/// How long a run waits, whose workers do not accept one another's signing keys, before it tries again: a worker's patience at
/// first, twice as long each further time. A worker that joins, perhaps with another list of keys, ends the wait.
struct TrustPause {
    private var until = Duration.zero
    private var times = 0

    /// Whether no round is to begin.
    func holds(at now: Duration) -> Bool { now < until }

    /// Too few workers accept one another.
    mutating func begin(at now: Duration, patience: Duration) {
        until = now + patience * (1 << min(times, 6))
        times += 1
    }

    /// Somebody has joined.
    mutating func interrupt() { until = .zero }

    /// Enough workers accept one another.
    mutating func end() { self = TrustPause() }
}
