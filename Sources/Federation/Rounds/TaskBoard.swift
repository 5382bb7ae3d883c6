import Transports

/// The tasks of an open round: who works on which, and what is in.
struct TaskBoard {
    /// What becomes of a result that arrives.
    enum Claim: Equatable {
        /// Look at it, then settle.
        case check
        /// The same worker's result is in, or is being looked at.
        case duplicate
        /// Not a task of this round, or done by another.
        case late
    }

    private enum Status: Equatable {
        case open
        case checking(WorkerID)
        case done(WorkerID)
    }

    private struct Entry {
        let plan: PlannedTask
        var status = Status.open
        /// Who works on it, since when.
        var holders: [WorkerID: Duration] = [:]
        /// Workers whose result was refused, or who could not do it.
        var failed: Set<WorkerID> = []

        var isDone: Bool { if case .done = status { true } else { false } }
    }

    private var entries: [UInt64: Entry] = [:]
    private var order: [UInt64] = []
    private var durations: [Duration] = []

    init(_ tasks: [PlannedTask]) { add(tasks) }

    /// Adds tasks; those already there stay as they are.
    mutating func add(_ tasks: [PlannedTask]) {
        for task in tasks where entries[task.id] == nil {
            entries[task.id] = Entry(plan: task)
            order.append(task.id)
        }
    }

    /// How many tasks there are.
    var count: Int { order.count }
    /// How many results are in.
    var doneCount: Int { entries.values.count { $0.isDone } }
    /// Whether a result is being looked at.
    var isChecking: Bool { entries.values.contains { if case .checking = $0.status { true } else { false } } }
    /// Whether all results are in.
    var isComplete: Bool { doneCount == count }
    /// The workers that some task is bound to.
    var boundWorkers: Set<WorkerID> { Set(entries.values.compactMap(\.plan.worker)) }

    /// Whether every result that is not in can only come from workers that are `absent`.
    func waitsOnly(for absent: (WorkerID) -> Bool) -> Bool {
        entries.values.allSatisfy { $0.isDone || $0.plan.worker.map(absent) == true }
    }

    /// Whether a worker's result for a task would still be of use.
    func isOpen(_ id: UInt64, for worker: WorkerID) -> Bool {
        guard let entry = entries[id], entry.status == .open else { return false }
        return entry.plan.worker == nil || entry.plan.worker == worker
    }

    /// The task that a worker is at work on.
    func task(heldBy worker: WorkerID) -> UInt64? {
        order.first { entries[$0]?.status == .open && entries[$0]?.holders[worker] != nil }
    }

    /// Gives a worker a task: the one it holds, else one that nobody does, else one that takes far longer elsewhere
    /// than tasks of this round usually do.
    mutating func lease(to worker: WorkerID, at now: Duration) -> UInt64? {
        if let held = task(heldBy: worker) { return held }
        let mine = order.filter { mayTry($0, worker) }
        guard let id = mine.first(where: isIdle) ?? mine.first(where: { isLate($0, now) }) else { return nil }
        entries[id]?.holders[worker] = now
        return id
    }

    private func mayTry(_ id: UInt64, _ worker: WorkerID) -> Bool {
        guard let entry = entries[id], !entry.failed.contains(worker) else { return false }
        return isOpen(id, for: worker)
    }

    private func isIdle(_ id: UInt64) -> Bool { entries[id]?.holders.isEmpty ?? false }

    /// Whether the one worker that does a task has taken far longer than the median of those that are done.
    private func isLate(_ id: UInt64, _ now: Duration) -> Bool {
        guard let entry = entries[id], entry.holders.count == 1, let since = entry.holders.values.first,
            !durations.isEmpty
        else { return false }
        let usual: Duration = durations.sorted()[durations.count / 2]
        let allowed: Duration = usual * 3 + Duration.seconds(1)
        return now - since > allowed
    }

    /// Takes a worker's lease back: it has gone silent.
    mutating func release(_ worker: WorkerID) -> UInt64? {
        guard let id = task(heldBy: worker) else { return nil }
        entries[id]?.holders[worker] = nil
        return id
    }

    /// Notes that a worker could not do a task; it does not get it again unless it is the only one that may.
    mutating func fail(_ id: UInt64, _ worker: WorkerID) {
        entries[id]?.holders[worker] = nil
        if entries[id]?.plan.worker == nil { entries[id]?.failed.insert(worker) }
    }

    /// Takes in that a result has arrived.
    mutating func claim(_ id: UInt64, by worker: WorkerID) -> Claim {
        guard let entry = entries[id], entry.plan.worker == nil || entry.plan.worker == worker else { return .late }
        switch entry.status {
        case .open:
            entries[id]?.status = .checking(worker)
            return .check
        case .checking(let other), .done(let other): return other == worker ? .duplicate : .late
        }
    }

    /// Ends the look at a result.
    mutating func settle(_ id: UInt64, counted: Bool, at now: Duration) {
        guard let entry = entries[id], case .checking(let worker) = entry.status else { return }
        if counted {
            if let since = entry.holders[worker] { durations.append(now - since) }
            entries[id]?.status = .done(worker)
        } else {
            entries[id]?.status = .open
            fail(id, worker)
        }
    }

    /// Ends the look at a result that cannot be found.
    mutating func reopen(_ id: UInt64) {
        if case .checking = entries[id]?.status { entries[id]?.status = .open }
    }

    /// Lets every worker try again what none could do.
    mutating func forgetFailures() {
        for id in order { entries[id]?.failed = [] }
    }
}
