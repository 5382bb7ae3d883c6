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
        /// Those of them whose result was not finite.
        var notFinite: Set<WorkerID> = []

        var isDone: Bool { if case .done = status { true } else { false } }
    }

    private var entries: [UInt64: Entry] = [:]
    // What a round of a thousand workers would otherwise search every task for, at every request.
    private var bound: [WorkerID: [UInt64]] = [:]
    private var unbound: [UInt64] = []
    private var held: [WorkerID: Set<UInt64>] = [:]
    private var checkingCount = 0
    /// How many results are in.
    private(set) var doneCount = 0
    /// Whether workers may be kept from a task that any could do.
    private(set) var hasFailures = false
    /// Whether some result was not finite.
    private(set) var hasNotFinite = false
    /// How long tasks took, the latest last: those of earlier rounds too, because a round may have one task only.
    private var durations: [Duration]
    /// How long a task may take while nothing is known of others.
    private let patience: Duration

    /// - Parameter earlier: the last round's board.
    init(_ tasks: [PlannedTask], after earlier: TaskBoard? = nil, patience: Duration) {
        self.patience = patience
        durations = earlier?.durations.suffix(64) ?? []
        add(tasks)
    }

    /// Adds tasks; those already there stay as they are.
    mutating func add(_ tasks: [PlannedTask]) {
        for task in tasks where entries[task.id] == nil {
            entries[task.id] = Entry(plan: task, position: entries.count)
            if let worker = task.worker { bound[worker, default: []].append(task.id) } else { unbound.append(task.id) }
        }
    }

    /// How many tasks there are.
    var count: Int { entries.count }
    /// Whether a result is being looked at.
    var isChecking: Bool { checkingCount > 0 }
    /// The workers that some task is bound to.
    var boundWorkers: Set<WorkerID> { Set(bound.keys) }

    /// Whether every result that is not in can only come from workers that are `absent`, or have failed for good.
    func waitsOnly(for absent: (WorkerID) -> Bool) -> Bool {
        entries.values.allSatisfy { entry in
            entry.isDone || entry.plan.worker.map { absent($0) || entry.failed.contains($0) } == true
        }
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

    private func position(_ id: UInt64) -> Int { entries[id]?.position ?? entries.count }

    private mutating func letGo(_ id: UInt64, _ worker: WorkerID) {
        entries[id]?.holders[worker] = nil
        held[worker]?.remove(id)
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
        entries[id]?.holders[worker] = now
        held[worker, default: []].insert(id)
        return id
    }

    private func mayTry(_ id: UInt64, _ worker: WorkerID) -> Bool {
        guard let entry = entries[id], !entry.failed.contains(worker) else { return false }
        return isOpen(id, for: worker)
    }

    private func isIdle(_ id: UInt64) -> Bool { entries[id]?.holders.isEmpty ?? false }

    /// Whether whoever began a task last has taken far longer than the median of those that are done: it is slow, or it
    /// only says that it is at work.
    private func isLate(_ id: UInt64, _ now: Duration) -> Bool {
        guard let since = entries[id]?.holders.values.max() else { return false }
        return now - since > allowedTime
    }

    private var allowedTime: Duration {
        durations.isEmpty ? patience : durations.sorted()[durations.count / 2] * 3 + Duration.seconds(1)
    }

    /// Takes a worker's lease back: it has gone silent.
    mutating func release(_ worker: WorkerID) -> UInt64? {
        let task = task(heldBy: worker)
        // Also of a task whose result from another is being looked at: that one may not count.
        for id in held.removeValue(forKey: worker) ?? [] { entries[id]?.holders[worker] = nil }
        return task
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

    /// Ends the look at a result that counts.
    ///
    /// - Returns: the workers whose own results for the task were not finite, although there is one that is.
    mutating func count(_ id: UInt64, at now: Duration) -> [WorkerID] {
        guard let entry = entries[id], case .checking(let worker) = entry.status else { return [] }
        if let since = entry.holders[worker] { durations.append(now - since) }
        set(id, .done(worker))
        return entry.notFinite.subtracting([worker]).sorted()
    }

    /// Ends the look at a result that is not valid: the task is another's to do.
    mutating func refuse(_ id: UInt64) {
        guard case .checking(let worker) = entries[id]?.status else { return }
        set(id, .open)
        fail(id, worker)
    }

    /// Ends the look at a result that is not finite: it would be so again, so the task is another's to do.
    ///
    /// - Returns: whether another can do it, and so tell who is right.
    mutating func refuseNotFinite(_ id: UInt64) -> Bool {
        guard let entry = entries[id], case .checking(let worker) = entry.status else { return false }
        refuse(id)
        entries[id]?.failed.insert(worker)
        entries[id]?.notFinite.insert(worker)
        hasNotFinite = true
        return entry.plan.worker == nil
    }

    /// Whether a task is open that every one of these workers has done without a finite result; where tasks are bound to
    /// workers, each its own.
    func hasDiverged(among workers: [WorkerID]) -> Bool {
        !workers.isEmpty
            && entries.values.contains { entry in
                guard entry.status == .open, !entry.notFinite.isEmpty else { return false }
                return workers.allSatisfy { entry.plan.worker == nil ? entry.notFinite.contains($0) : !awaits($0) }
            }
    }

    /// Whether a task is bound to a worker, and a result of it may still come.
    private func awaits(_ worker: WorkerID) -> Bool {
        entries.values.contains { $0.plan.worker == worker && !$0.isDone && !$0.failed.contains(worker) }
    }

    /// Ends the look at a result that cannot be found.
    mutating func reopen(_ id: UInt64) {
        if case .checking = entries[id]?.status { set(id, .open) }
    }

    /// Lets workers try again what none of them could do; numbers that are not finite would come out again.
    mutating func forgetFailures(among workers: [WorkerID]) {
        for (id, entry) in entries where entry.plan.worker == nil && workers.allSatisfy(entry.failed.contains) {
            entries[id]?.failed = entry.notFinite
        }
        hasFailures = entries.values.contains { $0.plan.worker == nil && !$0.failed.isEmpty }
    }
}
