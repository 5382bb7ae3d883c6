/// When a run that waits says so: after a worker's patience, and then ever more rarely, so that a night's wait does not fill
/// the log.
struct StallReports {
    /// How long a run has waited when it says so.
    struct Wait {
        let time: Duration
        let isRepeated: Bool
    }

    /// The longest pause between two reports, in patiences: ten minutes with the usual 30 s.
    private static let longestPause = 20

    private var since: Duration?
    private var next = Duration.zero
    private var pause = Duration.zero

    /// Notes whether the run waits.
    ///
    /// - Returns: how long it has, if it is time to say so.
    mutating func take(isStalled: Bool, at now: Duration, patience: Duration) -> Wait? {
        guard isStalled else {
            since = nil
            return nil
        }
        guard let since else {
            (self.since, next, pause) = (now, now + patience, patience)
            return nil
        }
        guard now >= next else { return nil }
        let isRepeated = next > since + patience
        pause = min(pause * 2, patience * Self.longestPause)
        next = now + pause
        return Wait(time: now - since, isRepeated: isRepeated)
    }
}
