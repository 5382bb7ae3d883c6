import Foundation
import Privacy
import SwiftProtobuf
import Transports

extension Coordinator {
    /// The workers that hold a task. During an exchange these are its participants, because all others ask for work.
    var working: Set<WorkerID> { Set(members.values.filter { $0.state == .working }.map(\.id)) }

    /// The workers that the next round is shared out over: those that are there, without those that are left out of it for
    /// their silence. Where too few would remain, these are asked again after a while.
    func takingPart(at now: Duration) -> [WorkerID] {
        let reliable = there.filter { !absences.isLeftOut($0) }
        guard reliable.count < job.minimumWorkers else { return reliable }
        return there.filter { !absences.isLeftOut($0) || absences.isDue($0, at: now) }
    }

    /// Hears a worker that takes part in the round's exchange.
    ///
    /// - Returns: The answer for one that may not.
    mutating func hearExchange(_ exchange: WireExchange, from worker: WorkerID, at now: Duration) -> WireReply? {
        guard let member = members[worker] else { return .joinFirst }
        guard member.state != .excluded else { return .problem(.excluded, exclusion(of: worker)) }
        guard !lost.spent.contains(worker) else { return .finished(WireFailure.spentBudget) }
        heard(worker, .working, at: now)
        guard let key = TaskKey(exchange.task), isCurrent(key), phase != .gathering else {
            return .with { $0.turn = .with { $0.over = .init() } }
        }
        return nil
    }

    /// Begins the round anew, whose exchange ended without a sum.
    mutating func lose(_ reason: String) {
        events.append(.roundLost(round: job.round, reason: reason))
        guard losses.lose() else {
            return fail("round \(job.round + 1) was lost \(losses.attempts) times in a row: \(reason)")
        }
        base = nil
        board = TaskBoard([], after: board, patience: timing.patience)
        phase = .gathering
    }

    /// Gives up the round, whose exchange ended without a sum after shares were asked for: workers do not give them twice.
    ///
    /// - Returns: whether the run continues. The round is then committed without any change.
    mutating func giveUp(_ reason: String) -> Bool {
        events.append(.roundGivenUp(round: job.round, reason: reason))
        if losses.giveUp() { return true }
        fail("\(losses.givenUp) rounds in a row came to no sum, the last of them round \(job.round + 1): \(reason)")
        return false
    }

    // MARK: Who broke the protocol

    /// Takes in what the round's exchange has shown of its workers, before the round is lost, given up or committed.
    mutating func take(_ findings: ExchangeFindings, at now: Duration) {
        for (worker, breach) in findings.misconduct.sorted(by: { $0.key < $1.key }) {
            bar(worker, breach, at: now)
            losses.explain()
        }
        takeTrust(findings, at: now)
        let ending = findings.missed.union(settleDisputes(findings))
        let silent = findings.late.union(ending).subtracting(findings.misconduct.keys)
            .subtracting(findings.distrusted.keys)
        for worker in findings.faithful.subtracting(silent) { absences.answered(worker) }
        // Where nobody else is there, it is not a worker's own silence.
        guard there.contains(where: { !absences.isLeftOut($0) && !silent.contains($0) }) else { return }
        for worker in silent.sorted() {
            let rounds = absences.failed(
                worker, endedExchange: ending.contains(worker), at: now, patience: timing.patience)
            guard rounds > 0, let member = members[worker] else { continue }
            if member.isThere { events.append(.leftOut(member, rounds: rounds)) }
            losses.explain()
        }
    }

    /// Notes who takes part with whom. Where too few do for a sum, the run waits for other lists of keys, or other workers.
    private mutating func takeTrust(_ findings: ExchangeFindings, at now: Duration) {
        for (worker, reason) in findings.distrusted.sorted(by: { $0.key < $1.key }) where distrusted[worker] != reason {
            guard let member = members[worker] else { continue }
            events.append(.distrusted(member, round: job.round, reason: reason))
        }
        distrusted = findings.distrusted
        guard findings.lacksTrust else { return trustPause.end() }
        losses.explain()
        trustPause.begin(at: now, patience: timing.patience)
    }

    /// Whoever is to sit out for complaints that cost the exchange its sum, which they explain.
    private mutating func settleDisputes(_ findings: ExchangeFindings) -> Set<WorkerID> {
        if !findings.disputes.isEmpty { losses.explain() }
        return findings.disputes.sorted { $0.key < $1.key }.reduce(into: []) { blamed, dispute in
            blamed.formUnion(
                disputes.take(dealer: dispute.key, holders: dispute.value, mostLiars: findings.mostLiars))
        }
    }

    /// Leaves a worker that provably broke the protocol out of the rest of the run, and the key that signed the evidence. What
    /// signing key a worker names when it joins is only a claim: nobody else's may be left out for it.
    private mutating func bar(_ worker: WorkerID, _ breach: ExchangeFindings.Breach, at now: Duration) {
        let reason = breach.reason
        guard var member = members[worker] else { return }
        member.signingKey = breach.identity.bytes
        barred.add(worker, signingKey: member.signingKey, reason: reason)
        unable[worker] = nil
        _ = board.release(worker)
        hasNews = true
        members[worker]?.state = .excluded
        lost.lastShutOut = (member.name, reason, now)
        events.append(.barred(member, reason: reason))
    }

    /// Keeps out a worker that was barred before, here or by an earlier coordinator of the run, or one with its signing key.
    mutating func keepOut(_ member: Member, _ hello: WireHello, _ reason: String) {
        var member = member
        let isNews = member.state != .excluded
        (member.name, member.state) = (hello.name, .excluded)
        members[member.id] = member
        barred.add(member.id, signingKey: Data(), reason: reason)
        if isNews { events.append(.excluded(member, reason: reason)) }
    }

    /// What a worker is told that is shut out.
    func exclusion(of worker: WorkerID) -> String {
        "this worker may not take part any more" + (barred.reason(for: worker).map { ": \($0)" } ?? "")
    }
}
