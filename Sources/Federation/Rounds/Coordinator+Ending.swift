extension Coordinator {
    /// Why a run ends before its last round.
    enum Ending {
        /// It cannot go on.
        case failure(String)
        /// No privacy budget allows another round.
        case lackOfBudget(String)
    }

    /// Whether a run has to end in which nobody's results are finite, or for which there is nobody to wait any more.
    func ending(at now: Duration) -> Ending? {
        switch phase {
        case .gathering: if isPaused { return nil }
        case .open:
            guard !board.isChecking else { return nil }
            if hasDiverged(at: now) { return .failure(job.divergence) }
        case .committing, .finished, .failed: return nil
        }
        if !isResumed || isSettled(at: now),
            let reason = lost.lackOfBudget(among: members.values, needed: job.minimumWorkers)
        {
            return .lackOfBudget(reason)
        }
        // One that could not do its tasks may come again before.
        return lost.hopelessness(among: members.values, at: now, after: timing.patience * 6).map { .failure($0) }
    }

    /// Whether workers have had time to come, or come back: after a start nobody is known.
    private func isSettled(at now: Duration) -> Bool { start.map { now - $0 >= timing.patience * 4 } ?? false }

    /// Whether nobody's results are finite: neither of those who are there, nor of those who may be expected back.
    private func hasDiverged(at now: Duration) -> Bool {
        guard board.hasNotFinite, isSettled(at: now) else { return false }
        let expected = members.values.filter { member in
            member.isThere || member.state == .silent && now - member.lastHeard < timing.patience * 10
        }
        return board.hasDiverged(among: expected.map(\.id))
    }
}
