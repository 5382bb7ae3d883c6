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
        /// Its place in the order in which tasks were added.
        let position: Int
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
    // What a round of a thousand workers would otherwise look for at every request.
    private var bound: [WorkerID: [UInt64]] = [:]
    private var unbound: [UInt64] = []
    private var held: [WorkerID: [UInt64]] = [:]
    private var checkingCount = 0
    /// How many results are in.
    private(set) var doneCount = 0
    /// Whether a task is kept from a worker that could not do it.
    private(set) var hasFailures = false

    init(_ tasks: [PlannedTask]) { add(tasks) }

    /// Adds tasks; those already there stay as they are.
    mutating func add(_ tasks: [PlannedTask]) {
        for task in tasks where entries[task.id] == nil {
            entries[task.id] = Entry(plan: task, position: order.count)
            order.append(task.id)
            if let worker = task.worker { bound[worker, default: []].append(task.id) } else { unbound.append(task.id) }
        }
    }

    /// How many tasks there are.
    var count: Int { order.count }
    /// Whether a result is being looked at.
    var isChecking: Bool { checkingCount > 0 }
    /// Whether all results are in.
    var isComplete: Bool { doneCount == count }
    /// The workers that some task is bound to.
    var boundWorkers: Set<WorkerID> { Set(bound.keys) }

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
        held[worker]?.filter { entries[$0]?.status == .open }.min { position($0) < position($1) }
    }

    private func position(_ id: UInt64) -> Int { entries[id]?.position ?? order.count }

    private mutating func hold(_ id: UInt64, _ worker: WorkerID, since now: Duration) {
        if entries[id]?.holders.updateValue(now, forKey: worker) == nil { held[worker, default: []].append(id) }
    }

    private mutating func letGo(_ id: UInt64, _ worker: WorkerID) {
        entries[id]?.holders[worker] = nil
        held[worker]?.removeAll { $0 == id }
    }

    private mutating func set(_ id: UInt64, _ status: Status) {
        guard let before = entries[id]?.status else { return }
        for (state, change) in [(before, -1), (status, 1)] {
            switch state {
            case .open: break
            case .checking: checkingCount += change
            case .done: doneCount += change
            }
        }
        entries[id]?.status = status
    }

    /// Gives a worker a task: the one it holds, else one that nobody does, else one that takes far longer elsewhere
    /// than tasks of this round usually do.
    mutating func lease(to worker: WorkerID, at now: Duration) -> UInt64? {
        if let held = task(heldBy: worker) { return held }
        let mine = ((bound[worker] ?? []) + unbound).filter { mayTry($0, worker) }
        guard let id = mine.first(where: isIdle) ?? mine.first(where: { isLate($0, now) }) else { return nil }
        hold(id, worker, since: now)
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
        letGo(id, worker)
        return id
    }

    /// Notes that a worker could not do a task; it does not get it again unless it is the only one that may.
    mutating func fail(_ id: UInt64, _ worker: WorkerID) {
        letGo(id, worker)
        guard let entry = entries[id], entry.plan.worker == nil else { return }
        entries[id]?.failed.insert(worker)
        hasFailures = true
    }

    /// Takes in that a result has arrived.
    mutating func claim(_ id: UInt64, by worker: WorkerID) -> Claim {
        guard let entry = entries[id], entry.plan.worker == nil || entry.plan.worker == worker else { return .late }
        switch entry.status {
        case .open:
            set(id, .checking(worker))
            return .check
        case .checking(let other), .done(let other): return other == worker ? .duplicate : .late
        }
    }

    /// Ends the look at a result.
    mutating func settle(_ id: UInt64, counted: Bool, at now: Duration) {
        guard let entry = entries[id], case .checking(let worker) = entry.status else { return }
        if counted {
            if let since = entry.holders[worker] { durations.append(now - since) }
            set(id, .done(worker))
        } else {
            set(id, .open)
            fail(id, worker)
        }
    }

    /// Ends the look at a result that cannot be found.
    mutating func reopen(_ id: UInt64) {
        if case .checking = entries[id]?.status { set(id, .open) }
    }

    /// Lets every worker try again what none could do.
    mutating func forgetFailures() {
        for id in order { entries[id]?.failed = [] }
        hasFailures = false
    }
}
