import Foundation
import SwiftProtobuf
import Transports

/// The coordinator's protocol logic as a value: requests and time go in, replies and events come out; it knows neither
/// sockets nor clocks, so that tests can put it through any schedule.
///
/// `Ticket` is where a reply goes to.
struct Coordinator<Ticket: Sendable> {
    let job: any Job
    let timing: Timing
    var phase = Phase.gathering
    var members: [WorkerID: Member] = [:]
    var events: [CoordinatorEvent] = []
    /// Whether no round may begin.
    var isPaused = false
    private typealias Poll = (worker: WorkerID, ticket: Ticket, since: Duration)
    /// Polls that have been looked at and had nothing to get; those that have come since.
    private var (parked, arrived): ([Poll], [Poll]) = ([], [])
    /// Whether something has changed that parked polls may get an answer by.
    var hasNews = true
    private var (lastLook, lastRollCall): (Duration, Duration) = (.zero, .zero)
    var board: TaskBoard
    var plan = RoundPlan(tasks: [])
    private(set) var hasComplained = false
    /// When time began to pass.
    private(set) var start: Duration?
    /// Whether rounds were done before this coordinator began, by workers that it does not know yet.
    let isResumed: Bool
    /// Workers that nobody needs to wait for.
    var lost = LostWorkers()
    /// Workers that provably broke the protocol.
    var barred: BarredWorkers
    /// Workers whose silence costs rounds.
    var absences = Absences()
    /// Complaints that cost exchanges their sums.
    var disputes = Disputes()
    /// Workers that were left out of the last exchange because they and others do not accept one another, and why.
    var distrusted: [WorkerID: String] = [:]
    /// Whether the run waits for workers that accept one another.
    var trustPause = TrustPause()
    /// The signing key that each worker named first.
    private var signingKeys: [WorkerID: Data]
    /// Rounds that ended without a sum, in a row.
    var losses = RoundLosses()
    /// Workers of before this coordinator began, by name.
    let known: [WorkerID: String]
    private var stall = StallReports()
    /// Workers that have been told that the run is over.
    private var dismissed: Set<WorkerID> = []
    /// The state that the round starts from, once it is published.
    var base: WireBlob?

    init(
        job: any Job, timing: Timing, known: [WorkerID: String] = [:], barred: BarredWorkers = BarredWorkers(),
        signingKeys: [WorkerID: Data] = [:]
    ) {
        (self.job, self.known, self.barred, self.signingKeys) = (job, known, barred, signingKeys)
        self.timing = timing
        isResumed = job.round > 0
        board = TaskBoard([], patience: timing.patience)
        if job.round >= job.rounds { finish() }
    }

    /// The task that a worker is at work on.
    func task(heldBy worker: WorkerID) -> UInt64? { board.task(heldBy: worker) }

    /// The state that the open round started from.
    var baseID: Data? { base?.id }

    /// Whether some worker has not yet learnt that the run is over.
    var hasListeners: Bool { members.values.contains { $0.isThere && !dismissed.contains($0.id) } }

    // MARK: Members

    /// Takes in a worker whose identity is proven. One that was shut out because it could not do its tasks may come again
    /// after a while: whoever runs it may have mended what was wrong.
    ///
    /// - Returns: why it is not let in, if it is not; for one that is shut out its requests' answers say so.
    @discardableResult
    mutating func join(_ worker: WorkerID, _ hello: WireHello, at now: Duration) -> String? {
        guard !lost.spent.contains(worker) else { return nil }
        let known = members[worker]
        var member = known ?? Member(id: worker, hello: hello, now: now)
        if let reason = barred.reason(for: worker, signingKey: hello.signingKey) {
            keepOut(member, hello, reason)
            return nil
        }
        if let refusal = pin(hello.signingKey, of: worker) { return refusal }
        if member.state == .excluded {
            guard let since = unable[worker], now - since >= timing.patience * 4 else { return nil }
            (unable[worker], strikes[worker]) = (nil, nil)
        }
        member.name = hello.name
        member.signingKey = hello.signingKey
        member.lastHeard = now
        member.state = board.task(heldBy: worker) == nil ? .idle : .working
        members[worker] = member
        if known?.isThere != true {
            events.append(.joined(member))
            trustPause.interrupt()
        }
        return nil
    }

    /// A worker has one signing key: whoever can change it could be several in exchanges, or somebody else after a lie.
    ///
    /// - Returns: why another one is refused.
    private mutating func pin(_ key: Data, of worker: WorkerID) -> String? {
        guard !key.isEmpty else { return nil }
        guard let pinned = signingKeys[worker], pinned != key else {
            signingKeys[worker] = key
            return nil
        }
        return "worker \(worker) joined this run with another signing key before. A worker has one, which follows from "
            + "its own key: run the same release as then, or join as a new worker"
    }

    /// Shuts a worker out for the rest of the run.
    mutating func exclude(_ worker: WorkerID, reason: String) {
        unable[worker] = nil
        guard let member = members[worker], member.state != .excluded else { return }
        _ = board.release(worker)
        hasNews = true
        members[worker]?.state = .excluded
        events.append(.excluded(member, reason: reason))
    }

    /// Notes a sign of life; one that was gone is back.
    mutating func heard(_ worker: WorkerID, _ state: Member.State, at now: Duration) {
        guard var member = members[worker] else { return }
        let wasThere = member.isThere
        member.lastHeard = now
        member.state = state
        members[worker] = member
        if !wasThere, member.isThere { events.append(.joined(member)) }
    }

    // MARK: Requests

    /// Answers a worker that has joined.
    mutating func handle(_ request: WireRequest, from worker: WorkerID, _ ticket: Ticket, at now: Duration) -> Outcome {
        guard let member = members[worker] else { return .reply(.joinFirst) }
        guard member.state != .excluded else { return .problem(.excluded, exclusion(of: worker)) }
        guard !lost.spent.contains(worker) else { return .reply(.finished(WireFailure.spentBudget)) }
        switch request.kind {
        case .poll: return poll(worker, ticket, now)
        case .heartbeat(let beat): return heartbeat(beat, worker, now)
        case .submission(let submission): return submit(submission, worker, now)
        case .failure(let failure): return fail(failure, worker, now)
        case .goodbye(let goodbye): return leave(goodbye, worker, now)
        default: return .problem(.malformed, "not a request for the control endpoint")
        }
    }

    private mutating func poll(_ worker: WorkerID, _ ticket: Ticket, _ now: Duration) -> Outcome {
        forgetPolls(of: worker)
        arrived.append((worker, ticket, now))
        heard(worker, board.task(heldBy: worker) == nil ? .idle : .working, at: now)
        return .parked
    }

    private mutating func heartbeat(_ beat: WireHeartbeat, _ worker: WorkerID, _ now: Duration) -> Outcome {
        // One that overtook the goodbye which was sent after it is no return.
        guard members[worker]?.state != .left else { return .reply(.with { $0.alive = .init() }) }
        guard beat.hasTask else {
            heard(worker, .idle, at: now)
            return .reply(.with { $0.alive = .init() })
        }
        guard let key = TaskKey(beat.task) else { return .problem(.malformed, "the heartbeat names no task") }
        heard(worker, .working, at: now)
        members[worker]?.progress = min(1, max(0, job.disclosure.told(progress: beat.progress)))
        return .reply(
            .with { $0.alive = .with { $0.taskIsOpen = isCurrent(key) && board.isOpen(key.id, for: worker) } })
    }

    private mutating func submit(_ submission: WireSubmission, _ worker: WorkerID, _ now: Duration) -> Outcome {
        guard let key = TaskKey(submission.task) else { return .problem(.malformed, "the result names no task") }
        heard(worker, submission.advertisement.isEmpty ? .idle : .working, at: now)
        guard isCurrent(key), case .open = phase else { return late(key, worker) }
        switch board.claim(key.id, by: worker) {
        case .check: return .check(key, submission)
        case .duplicate: return .verdict(.counted)
        case .late: return late(key, worker)
        }
    }

    private mutating func late(_ key: TaskKey, _ worker: WorkerID) -> Outcome {
        members[worker]?.late += 1
        events.append(.late(key, worker))
        return .verdict(.late, "the round has gone on, or another worker's result is in")
    }

    private mutating func fail(_ failure: WireFailure, _ worker: WorkerID, _ now: Duration) -> Outcome {
        guard let key = TaskKey(failure.task) else { return .problem(.malformed, "the failure names no task") }
        if failure.reason == WireFailure.spentBudget, job.workersHaveBudgets { return retire(worker, now) }
        heard(worker, .idle, at: now)
        if isCurrent(key), board.task(heldBy: worker) == key.id {
            board.fail(key.id, worker)
            hasNews = true
            let reason = job.disclosure.told(reason: failure.reason, insteadOf: Worker.untoldReason)
            events.append(.taskFailed(key, worker, reason: String(reason.prefix(500))))
            countAgainst(worker, "it could not do \(Self.strikes) tasks in a row", at: now)
            if members[worker]?.state == .excluded { unable[worker] = now }
        }
        return .verdict(.late)
    }

    private mutating func leave(_ goodbye: WireGoodbye, _ worker: WorkerID, _ now: Duration) -> Outcome {
        let reason = job.disclosure.told(reason: goodbye.reason, insteadOf: "it said goodbye")
        depart(worker, reason: String(reason.prefix(200)), at: now)
        return .reply(.with { $0.alive = .init() })
    }

    /// A spent privacy budget is no fault: the worker leaves, and does not come back to this run.
    private mutating func retire(_ worker: WorkerID, _ now: Duration) -> Outcome {
        depart(worker, reason: WireFailure.spentBudget, at: now)
        lost.spent.insert(worker)
        return .reply(.finished(WireFailure.spentBudget))
    }

    private mutating func depart(_ worker: WorkerID, reason: String, at now: Duration) {
        _ = board.release(worker)
        forgetPolls(of: worker)
        hasNews = true
        if let member = members[worker], member.isThere { events.append(.left(member, reason: reason)) }
        heard(worker, .left, at: now)
    }

    func isCurrent(_ key: TaskKey) -> Bool { key.round == job.round && key.base == base?.id }

    // MARK: Results

    /// What the look at a result has shown.
    enum Finding {
        /// The job has taken it in.
        case taken(ContributionMetrics)
        /// It cannot be a result.
        case invalid(String)
        /// It holds numbers that are not finite. Another worker's result tells whether the run has diverged or the
        /// worker is at fault.
        case notFinite
    }

    /// Ends what `check` began.
    mutating func settle(_ key: TaskKey, by worker: WorkerID, _ finding: Finding, at now: Duration) -> WireReply {
        switch finding {
        case .taken(let metrics): return count(key, worker, metrics, now)
        case .invalid(let reason):
            board.refuse(key.id)
            let reply = refuse(key, worker, reason)
            countAgainst(worker, "\(Self.strikes) of its results in a row were refused: \(reason)", at: now)
            return reply
        case .notFinite:
            let isCheckable = board.refuseNotFinite(key.id)
            let reply = refuse(key, worker, "it holds numbers that are not finite")
            if !isCheckable { countAgainst(worker, "\(Self.strikes) of its results in a row were not finite", at: now) }
            return reply
        }
    }

    private mutating func count(
        _ key: TaskKey, _ worker: WorkerID, _ metrics: ContributionMetrics, _ now: Duration
    ) -> WireReply {
        for other in board.count(key.id, at: now) {
            countAgainst(other, "\(Self.strikes) of its results in a row were not finite, and others' were", at: now)
        }
        members[worker]?.counted += 1
        members[worker]?.progress = 0
        strikes[worker] = nil
        if metrics.seconds > 0 {
            members[worker]?.tokensPerSecond = Double(metrics.tokens) / max(1e-3, metrics.seconds)
        }
        events.append(.counted(key, worker, metrics))
        return .verdict(.counted)
    }

    private mutating func refuse(_ key: TaskKey, _ worker: WorkerID, _ reason: String) -> WireReply {
        hasNews = true
        members[worker]?.refused += 1
        events.append(.refused(key, worker, reason: reason))
        return .verdict(.refused, reason)
    }

    /// Ends what `check` began where the upload is not there: the worker sends it again.
    mutating func forget(_ key: TaskKey) {
        board.reopen(key.id)
        hasNews = true
    }

    /// Failures in a row that shut a worker out.
    private static var strikes: Int { 3 }
    private var strikes: [WorkerID: Int] = [:]
    /// Workers that were shut out because they could not do their tasks, and when.
    var unable: [WorkerID: Duration] = [:]

    private mutating func countAgainst(_ worker: WorkerID, _ reason: String, at now: Duration) {
        strikes[worker, default: 0] += 1
        guard strikes[worker] == Self.strikes else { return }
        lost.lastShutOut = (members[worker]?.name ?? worker.description, reason, now)
        exclude(worker, reason: reason)
    }

    // MARK: Rounds

    /// Lets time pass: silent workers lose their tasks, rounds open and close. A run ends in which nobody's results are
    /// finite, or for which there is nobody to wait any more.
    ///
    /// - Returns: whether a commit is due; it is asked for once.
    mutating func advance(to now: Duration) -> Bool {
        start = start ?? now
        callRoll(at: now)
        if isClosable(at: now) {
            phase = .committing
            if board.doneCount < board.count {
                events.append(.closedEarly(round: job.round, results: board.doneCount, tasks: board.count))
            }
            return true
        }
        switch ending(at: now) {
        case .failure(let reason): fail(reason)
        case .lackOfBudget(let reason): endForBudget(reason)
        case nil: reportStall(at: now)
        }
        return false
    }

    /// Says what the run waits for, if it has waited for a while.
    private mutating func reportStall(at now: Duration) {
        let shortage = shortage(at: now)
        guard let waited = stall.take(isStalled: shortage != nil, at: now, patience: timing.patience) else { return }
        if let shortage { events.append(.stalled(shortage.after(waited))) }
    }

    /// Looks for workers that have fallen silent, a hundred times in the time that they may be silent.
    mutating func callRoll(at now: Duration) {
        guard now - lastRollCall >= timing.patience / 100 else { return }
        lastRollCall = now
        for (id, member) in members where member.isThere && isSilent(id, member, now) {
            let held = board.release(id).flatMap { task in base.map { TaskKey(round: job.round, id: task, base: $0.id) }
            }
            members[id]?.state = .silent
            hasNews = true
            events.append(.fellSilent(member, held: held))
        }
    }

    private func isSilent(_ id: WorkerID, _ member: Member, _ now: Duration) -> Bool {
        now - member.lastHeard > timing.patience && !(parked + arrived).contains { $0.worker == id }
    }

    /// Opens the next round, unless workers have left since `wantsRound`.
    mutating func open(from base: WireBlob, at now: Duration) {
        guard wantsRound(at: now) else { return }
        do {
            plan = try job.plan(for: takingPart(at: now))
        } catch {
            return fail("\(error)")
        }
        self.base = base
        board = TaskBoard(plan.tasks, after: board, patience: timing.patience)
        (hasComplained, hasNews) = (false, true)
        phase = .open(since: now)
        events.append(.roundOpened(round: job.round, tasks: board.count))
    }

    var there: [WorkerID] { members.values.filter(\.isThere).map(\.id).sorted() }

    private mutating func isClosable(at now: Duration) -> Bool {
        guard case .open(let since) = phase, !board.isChecking else { return false }
        let isEnough = board.doneCount >= plan.minimum
        let isQuiet = waitsForTheAbsent
        let isDue = plan.deadline.map { now - since >= $0 } ?? false
        if !isEnough, isQuiet || isDue { askForMore() }
        return isEnough && (isQuiet || isDue)
    }

    /// With too few results and none to come in time: whoever is there and has no task gets one.
    private mutating func askForMore() {
        let free = there.filter { !board.boundWorkers.contains($0) }
        if !free.isEmpty, let more = try? job.moreTasks(for: free) {
            board.add(more)
            hasNews = true
        }
        guard !hasComplained else { return }
        hasComplained = true
        events.append(
            .waitingBeyondDeadline(round: job.round, results: board.doneCount, needed: plan.minimum))
    }

    /// Goes on after `job.commit`.
    mutating func didCommit(_ report: RoundReport) {
        events.append(.committed(report))
        if let count = report.values[RoundReport.outOfRange] {
            events.append(.outOfRange(round: report.round, numbers: Int(count)))
        }
        losses.didCommit(isEmpty: report.contributions == 0)
        if report.contributions > 0 { absences.didCommit() }
        base = nil
        board = TaskBoard([], after: board, patience: timing.patience)
        if job.round >= job.rounds { finish() } else { phase = .gathering }
    }

    mutating func finish() {
        (phase, hasNews) = (.finished, true)
        events.append(.finished)
    }

    /// Ends the run after the rounds that are done, for no privacy budget allows another; one without any has failed.
    mutating func endForBudget(_ reason: String) {
        guard job.round > 0 else { return fail(reason) }
        job.endEarly()
        events.append(.endedEarly(rounds: job.round, reason: reason))
        finish()
    }

    /// Ends the run: nothing can be done about it.
    mutating func fail(_ reason: String) {
        (phase, hasNews) = (.failed(reason), true)
        events.append(.failed(reason: reason))
    }

    // MARK: What comes out

    /// What has happened since the last call.
    mutating func takeEvents() -> [CoordinatorEvent] {
        defer { events.removeAll() }
        return events
    }

    /// How often parked polls are looked at without news: their time may be over, or a task be late elsewhere.
    private static var lookInterval: Duration { .milliseconds(50) }

    /// Replies to parked polls that have become due. Of a thousand workers that wait for the round to end, none is
    /// looked at for a request of another.
    mutating func takeAnswers(at now: Duration) -> [(ticket: Ticket, reply: WireReply)] {
        var polls = arrived
        if hasNews || now - lastLook >= Self.lookInterval {
            (polls, parked, hasNews, lastLook) = (parked + arrived, [], false, now)
        }
        arrived = []
        return answer(polls, at: now)
    }

    private mutating func forgetPolls(of worker: WorkerID) {
        parked.removeAll { $0.worker == worker }
        arrived.removeAll { $0.worker == worker }
    }

    private mutating func answer(_ polls: [Poll], at now: Duration) -> [(ticket: Ticket, reply: WireReply)] {
        var answers: [(Ticket, WireReply)] = []
        for poll in polls {
            if let reply = answer(to: poll.worker, since: poll.since, at: now) {
                members[poll.worker]?.lastHeard = now
                if case .finished = reply.kind { dismissed.insert(poll.worker) }
                answers.append((poll.ticket, reply))
            } else {
                parked.append(poll)
            }
        }
        return answers
    }

    private mutating func answer(to worker: WorkerID, since: Duration, at now: Duration) -> WireReply? {
        switch phase {
        case .finished: return .finished("the run is done")
        case .failed(let reason): return .finished(WireFinished.failureMark + reason)
        case .open:
            if members[worker]?.state == .excluded { return .problem(.excluded, exclusion(of: worker)) }
            if let order = lease(to: worker, at: now) { return .with { $0.order = order } }
            if board.hasFailures { board.forgetFailures(among: there) }
        case .gathering, .committing: break
        }
        return now - since >= timing.longPoll ? .with { $0.wait = .init() } : nil
    }

    private mutating func lease(to worker: WorkerID, at now: Duration) -> WireOrder? {
        guard let base, let id = board.lease(to: worker, at: now) else { return nil }
        do {
            let order = try job.order(for: id)
            members[worker]?.state = .working
            return try WireOrder(order, task: TaskKey(round: job.round, id: id, base: base.id), base: base)
        } catch {
            fail("\(error)")
            return nil
        }
    }
}
