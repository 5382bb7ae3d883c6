import Transports

/// The workers that a run has lost for good: what tells whether there is anybody to wait for.
struct LostWorkers {
    /// Workers whose privacy budgets are spent.
    var spent: Set<WorkerID> = []
    /// The last one that was shut out for what it did or could not do, why, and when.
    var lastShutOut: (name: String, reason: String, since: Duration)?

    /// Why no further round can be, where workers with spent budgets leave too few that may come still.
    ///
    /// - Parameter needed: workers of a round.
    func lackOfBudget(among members: some Collection<Member>, needed: Int) -> String? {
        guard !spent.isEmpty else { return nil }
        let left = members.count { !isLost($0) }
        guard left < needed else { return nil }
        return "the privacy budgets of \(spent.count) workers are spent, and a round needs \(needed), of whom "
            + "\(left == 0 ? "none is" : left == 1 ? "1 is" : "\(left) are") left"
    }

    /// Why nobody is left to wait for: whoever has come was shut out, and none has come again for a while.
    func hopelessness(among members: some Collection<Member>, at now: Duration, after wait: Duration) -> String? {
        guard let last = lastShutOut, now - last.since >= wait, members.allSatisfy(isLost) else { return nil }
        return "every worker that has come is shut out, \(last.name) as the last: \(last.reason); mend that, and start "
            + "the same command again"
    }

    private func isLost(_ member: Member) -> Bool { member.state == .excluded || spent.contains(member.id) }
}
