import Transports

extension Coordinator {
    /// Whether a round is to be opened: `base` is to be published then, and `open` called.
    func wantsRound(at now: Duration) -> Bool {
        !isPaused && phase == .gathering && !trustPause.holds(at: now)
            && takingPart(at: now).count >= job.minimumWorkers && !awaitsKnown(at: now)
    }

    /// Whether a restarted coordinator gives the workers of before time to come back: where the data is theirs, a round
    /// that begins with the fastest of them is another round.
    private func awaitsKnown(at now: Duration) -> Bool {
        guard isResumed, job.needsItsWorkers, known.keys.contains(where: { members[$0] == nil }) else { return false }
        return now - (start ?? now) < timing.patience
    }

    /// The workers that keep a run which has begun from going on, if any do.
    func shortage(at now: Duration) -> Shortage? {
        let present = members.values.count(where: \.isThere)
        switch phase {
        case .gathering where job.round > 0 || losses.attempts > 0:
            guard !isPaused, let (able, unable) = lacking(at: now) else { return nil }
            return Shortage(
                round: job.round, need: .workers(there: able, needed: job.minimumWorkers), missing: missing + unable)
        case .open where present == 0 || hasComplained:
            guard !board.isChecking, board.doneCount < plan.minimum, present == 0 || waitsForTheAbsent else {
                return nil
            }
            return Shortage(
                round: job.round, need: .results(counted: board.doneCount, needed: plan.minimum), missing: missing)
        default: return nil
        }
    }

    /// How many workers may begin the next round, where these are too few, and those that are there and may not.
    private func lacking(at now: Duration) -> (able: Int, unable: [Shortage.Missing])? {
        if trustPause.holds(at: now) {
            let strangers = members.values.filter { $0.isThere && distrusted[$0.id] != nil }
            return (
                members.values.count(where: \.isThere) - strangers.count,
                strangers.map { Shortage.Missing($0, reason: distrusted[$0.id]) }
            )
        }
        let able = takingPart(at: now)
        guard able.count < job.minimumWorkers else { return nil }
        let silent = Set(there).subtracting(able).compactMap { members[$0] }
        return (able.count, silent.map { Shortage.Missing($0, reason: "did not answer in an exchange") })
    }

    /// Whether every result that is not in can only come from workers that are not there.
    var waitsForTheAbsent: Bool { board.waitsOnly { members[$0]?.isThere != true } }

    /// The workers that were there once and are not now, and those of before that have not come back.
    private var missing: [Shortage.Missing] {
        let gone = members.values.filter { !$0.isThere }.map { Shortage.Missing($0) }
        return gone + known.filter { members[$0.key] == nil }.map { .init(name: $0.value, state: nil) }
    }
}
