import Foundation
import Synchronization
public import Tensors
public import Transports

/// Rounds of local training whose results are put together by an aggregator and applied by a server optimizer: federated
/// averaging (arXiv:1602.05629) over workers with data of their own, or local SGD as in DiLoCo (arXiv:2311.08105) over
/// stretches of the coordinator's data.
public final class AveragingJob: Job {
    /// What a round's work is made of.
    public struct Assignment: Sendable {
        /// The round, from 0.
        public let round: Int
        /// The task's place among the round's, for replicas.
        public let index: Int
        /// Which factors train.
        public let trained: TrainedFactors
    }

    /// Where the job is, and what it goes on from after a restart.
    public struct State: Sendable {
        /// Rounds that are done.
        public var round: Int
        /// Every trained tensor.
        public var trained: StateDict
        /// The server optimizer's.
        public var optimizer: StateDict
        /// What the frozen base has gained.
        public var gain: BaseDelta
        /// The clip that updates are held to, where it moves.
        public var clip: Double?

        /// Creates a state.
        public init(
            round: Int = 0, trained: StateDict, optimizer: StateDict = StateDict(), gain: BaseDelta = BaseDelta([]),
            clip: Double? = nil
        ) {
            self.clip = clip
            self.round = round
            self.trained = trained
            self.optimizer = optimizer
            self.gain = gain
        }
    }

    /// A round's results so far.
    enum Intake {
        case fold(UpdateFold)
        case keep([Update])
        case mask(SecureRound)
        case sum(SecureRound.Outcome)
        /// Shares were asked for, and there is no sum: nothing comes of the round.
        case spent
    }

    struct Round {
        let start: RoundStart
        let check: UpdateCheck
        var intake: Intake
        var places: [UInt64: Int]
        var losses = CompensatedSum()
        var weights = 0.0
        var tokens = 0
        var contributions = 0
        var values: [String: Double] = [:]
        /// How many workers were to be expected.
        var expected = 1
        /// The coordinator's noise.
        var central: CentralRound?
        /// Under masks, what every worker is to do: the same for all, to the byte.
        var order: WorkOrder?
    }

    struct Current {
        var state: State
        var optimizer: any ServerOptimizer
        var round: Round?
        var isBudgetSpent = false
        /// What the last exchange has shown of its workers.
        var findings = ExchangeFindings()
    }

    /// Workers that must be there before a round begins, the first or a later one.
    public let minimumWorkers: Int
    let settings: AveragingSettings
    let layout: FactorLayout
    let aggregator: any Aggregator
    private let work: @Sendable (Assignment) throws -> WorkOrder
    let current: Mutex<Current>
    private let committed: @Sendable (State, RoundReport) throws -> RoundReport

    /// Prepares the job.
    ///
    /// - Parameters:
    ///   - state: what to begin with, or to go on from.
    ///   - layout: which of its tensors are factors of LoRA.
    ///   - work: what a worker is to do.
    ///   - committed: called after each round with the new state; may add to the report.
    /// - Throws: `FederationError.invalidConfiguration` where aggregator, server optimizer and secure aggregation do not
    ///   go together, `.corruptState` where the optimizer's state is not its own.
    public init(
        _ state: State, layout: FactorLayout, settings: AveragingSettings, aggregator: any Aggregator,
        optimizer: any ServerOptimizer, work: @escaping @Sendable (Assignment) throws -> WorkOrder,
        committed: @escaping @Sendable (State, RoundReport) throws -> RoundReport = { $1 }
    ) throws {
        try aggregator.check(layout)
        if settings.masking != nil { try Self.checkMasking(settings, aggregator) }
        if settings.privacy != nil { try Self.checkPrivacy(settings, aggregator) }
        minimumWorkers = max(settings.minimumWorkers, settings.masking?.roundWorkers ?? 1)
        var settings = settings
        if settings.privacy != nil { settings.disclosure = .updatesOnly(examples: 1) }
        self.settings = settings
        self.layout = layout
        self.aggregator = aggregator
        self.work = work
        self.committed = committed
        var optimizer = optimizer
        try optimizer.restore(state.optimizer, for: state.trained)
        var state = state
        if let opened = settings.openedRound, !Self.isRepeatable(settings) {
            state.round = max(state.round, opened + 1)
        }
        current = Mutex(Current(state: state, optimizer: optimizer))
        if let book = settings.privacy { try checkBudget(book) }
    }

    /// The round to do next.
    public var round: Int { current.withLock { $0.state.round } }
    /// Rounds of the run: fewer than were asked for where the privacy budget is spent.
    public var rounds: Int { isBudgetSpent ? min(round, settings.rounds) : settings.rounds }
    /// Whether the data is the workers'.
    public var needsItsWorkers: Bool { settings.isSampled }
    /// Whether workers add noise, and count what it costs them.
    public var workersHaveBudgets: Bool {
        switch settings.privacy?.settings.mechanism {
        case .distributed?: true
        case .central?: false
        case nil: disclosure != .everything
        }
    }
    /// What workers may tell besides updates.
    public var disclosure: Disclosure { settings.disclosure }
    /// Makes the rounds that are done all of the run, as where the privacy budget is spent.
    public func endEarly() { current.withLock { $0.isBudgetSpent = true } }
    /// Whether the privacy budget allows no further round.
    public var isBudgetSpent: Bool { current.withLock { $0.isBudgetSpent } }
    /// Where the job is.
    public var state: State { current.withLock { $0.state } }

    /// The trained tensors, and what the frozen base has gained.
    public func base() throws -> StateDict {
        let state = state
        return StateDict((state.trained.entries + state.gain.stateDict.entries).map { ($0.name, $0.tensor) })
    }

    /// The round's tasks: one for each worker of the sample, or one for each replica.
    public func plan(for workers: [WorkerID]) throws -> RoundPlan {
        let chosen = try sample(workers)
        let state = state
        let start = try RoundStart(state: state.trained, layout: layout, round: state.round)
        let order = try settings.masking.map { _ in try sharedOrder(inRound: state.round) }
        let intake = try intake(start, order, workers: chosen.count)
        let tasks = try current.withLock { current in
            let tasks = chosen.map { intake.tagged($0) }
            var round = Round(
                start: start, check: try aggregator.check(start, settings), intake: intake,
                places: Dictionary(uniqueKeysWithValues: tasks.enumerated().map { ($1.id, $0) }))
            round.expected = expected(of: workers.count)
            round.central = try centralRound(current.state, start, expected: round.expected)
            round.order = order
            current.round = round
            return tasks
        }
        return RoundPlan(tasks: tasks, minimum: minimumResults, deadline: settings.deadline)
    }

    /// Workers that came after the sample was drawn, where too few of it are left.
    public func moreTasks(for workers: [WorkerID]) throws -> [PlannedTask] {
        guard case .sampled = settings.participation else { return [] }
        return current.withLock { current in
            guard let intake = current.round?.intake else { return [] }
            let tasks = workers.map { intake.tagged(PlannedTask(id: $0.taskID, worker: $0)) }
            for task in tasks {
                let count = current.round?.places.count ?? 0
                if current.round?.places[task.id] == nil { current.round?.places[task.id] = count }
            }
            return tasks
        }
    }

    /// What a worker is to do.
    public func order(for task: UInt64) throws -> WorkOrder {
        let (place, shared) = current.withLock { ($0.round?.places[task], $0.round?.maskedOrder) }
        guard let place else { throw FederationError(.protocolViolation, "the round has no task \(task)") }
        return try shared ?? self.order(at: place, inRound: round)
    }

    /// What every worker of a masked round is to do.
    private func sharedOrder(inRound round: Int) throws -> WorkOrder { try order(at: 0, inRound: round) }

    private func order(at place: Int, inRound round: Int) throws -> WorkOrder {
        try work(Assignment(round: round, index: place, trained: aggregator.trainedFactors(inRound: round)))
    }

    /// Checks a worker's result and takes it in.
    public func add(_ contribution: Contribution) throws {
        if settings.masking != nil { return try admit(contribution) }
        let metrics = disclosure.told(contribution.metrics)
        // Tasks rather than workers tell replicas apart: one worker may do several.
        let name = settings.isSampled ? contribution.worker.description : "replica \(contribution.task)"
        let weight = min(Double(metrics.examples), settings.largestWeight)
        let update = Update(worker: name, weight: weight, state: contribution.update)
        guard let check = current.withLock({ $0.round?.check }) else {
            throw FederationError(.invalidUpdate, "no round is open")
        }
        try check.check(update)
        // Not the round's sum itself, which would be copied then.
        let central = current.withLock { $0.round?.central.map { ($0.noise, $0.base, $0.layout) } }
        guard let (noise, base, layout) = central else {
            return try current.withLock { try $0.round?.add(update, metrics) }
        }
        let clipped = try noise.clipped(update.state, from: base, layout)
        current.withLock { current in
            current.round?.central?.add(clipped)
            current.round?.count(metrics, weight: 1)
        }
    }

    /// Puts the results together and applies them.
    public func commit() throws -> RoundReport {
        try noteCentralNoise()
        let (state, report) = try current.withLock { current in
            guard let round = current.round else {
                throw FederationError(.corruptState, "round \(current.state.round) was never opened")
            }
            if case .spent = round.intake { return current.skip(round) }
            let result = try result(of: round)
            let trained = try current.optimizer.step(
                current.state.trained, toward: result.state, keys: result.trainedKeys)
            guard trained.isFinite else {
                throw FederationError(
                    .invalidUpdate,
                    "round \(current.state.round + 1): the adapter after it is not finite: lower "
                        + "training.learning_rate or federation.server_learning_rate, or choose a robust aggregation")
            }
            current.state.trained = trained
            if let gain = result.baseDelta {
                current.state.gain = try current.state.gain.adding(gain, rank: settings.gainRank)
            }
            current.state.optimizer = current.optimizer.stateDict
            current.state.clip = try round.central?.nextClip(expected: round.expected)
            current.state.round += 1
            current.round = nil
            return (current.state, round.report(leftOut: result.leftOut))
        }
        return try committed(state, try noted(report))
    }

    private func result(of round: Round) throws -> AggregationResult {
        guard let central = round.central else { return try round.result(of: aggregator) }
        return try privateResult(of: round, central)
    }

    /// The state by parts.
    public func snapshot() -> [String: StateDict] {
        let state = state
        let clip = state.clip.map { [("clip", Tensor([Float($0)], shape: [1]))] } ?? []
        return [
            "adapter": state.trained, "optimizer": state.optimizer, "gain": state.gain.stateDict,
            "privacy": StateDict(clip),
        ]
    }

    private func intake(_ start: RoundStart, _ order: WorkOrder?, workers: Int) throws -> Intake {
        if let masking = settings.masking, let order {
            return .mask(try secureRound(start, masking, workers, order))
        }
        if settings.privacy != nil { return .keep([]) }  // the coordinator's noise has a sum of its own
        if let folding = aggregator as? any FoldingAggregator { return .fold(folding.fold(from: start)) }
        return .keep([])
    }

    /// A sample drawn by the seed and the round from the workers' names, so that a restart draws the same.
    private func sample(_ workers: [WorkerID]) throws -> [PlannedTask] {
        switch settings.participation {
        case .replicas(let count): return (0..<count).map { PlannedTask(id: UInt64($0)) }
        case .sampled(let share, _) where isPoissonSampled:
            return try poissonSample(workers, rate: share)
        case .sampled(let share, _):
            let count = min(workers.count, max(minimumResults, Int((share * Double(workers.count)).rounded())))
            var random = SplitMix64(seed: settings.seed, stream: UInt64(round))
            let chosen = random.permutation(workers.count).prefix(count).sorted().map { workers[$0] }
            // Two keys can be made whose tasks have one number: the second of them has to wait for another sample.
            var taken: Set<UInt64> = []
            return chosen.filter { taken.insert($0.taskID).inserted }.map { PlannedTask(id: $0.taskID, worker: $0) }
        }
    }

    /// Results without which a round does not close, however many workers were there when it was planned. A sample drawn
    /// by independent coins may be empty, and what is drawn is what its privacy is accounted by: it has no minimum.
    private var minimumResults: Int {
        switch settings.participation {
        case .replicas(let count): count
        case .sampled where isPoissonSampled: 0
        case .sampled(_, let minimum):
            max(minimum, aggregator.minimumUpdates, settings.masking?.roundWorkers ?? 0)
        }
    }
}

extension AveragingSettings {
    fileprivate var isSampled: Bool { if case .sampled = participation { true } else { false } }
}

extension WorkerID {
    /// A number for the worker's task, the same in every round: its fingerprint folded in half.
    var taskID: UInt64 {
        (UInt64(description.prefix(16), radix: 16) ?? 0) ^ (UInt64(description.suffix(16), radix: 16) ?? 0)
    }
}

extension Aggregator {
    fileprivate func check(_ start: RoundStart, _ settings: AveragingSettings) throws -> UpdateCheck {
        try UpdateCheck(
            start, for: self, weights: 1...max(1, settings.largestWeight), normBound: settings.hardNormBound)
    }
}

extension AveragingJob.Current {
    /// Goes on without a round that was given up.
    fileprivate mutating func skip(_ given: AveragingJob.Round) -> (AveragingJob.State, RoundReport) {
        state.round += 1
        round = nil
        return (state, RoundReport(round: given.start.round, loss: nil, contributions: 0, tokens: 0))
    }
}

extension AveragingJob.Round {
    /// Whether shares were asked for, and there is no sum.
    var isSpent: Bool { if case .spent = intake { true } else { false } }

    /// The order of a masked round, with its terms.
    fileprivate var maskedOrder: WorkOrder? {
        guard var order, let terms = intake.secure?.terms else { return nil }
        order.masking = terms
        return order
    }

    mutating func add(_ update: Update, _ metrics: ContributionMetrics) throws {
        switch intake {
        case .fold(var fold):
            intake = .keep([])  // the sums are held once
            defer { intake = .fold(fold) }
            try fold.add(update)
        case .keep(let updates): intake = .keep(updates + [update])
        case .mask, .sum, .spent: throw FederationError(.invalidUpdate, "the round takes masked results only")
        }
        count(metrics, weight: update.summary.weight)
    }

    /// Counts a result that was taken in.
    mutating func count(_ metrics: ContributionMetrics, weight: Double) {
        losses.add(metrics.loss * weight)
        weights += weight
        tokens += metrics.tokens
        contributions += 1
        for (name, value) in metrics.values { values[name, default: 0] += value }
    }

    func result(of aggregator: any Aggregator) throws -> AggregationResult {
        switch intake {
        case .fold(let fold): try fold.finish()
        case .keep(let updates): try aggregator.aggregate(ReceivedUpdates(updates), from: start)
        case .sum(let sum): try Aggregators.linear(aggregator).result(ofMeanDifference: sum.meanDifference, from: start)
        case .mask, .spent: throw FederationError(.corruptState, "round \(start.round) has no sum yet")
        }
    }

    fileprivate func report(leftOut: [String]) -> RoundReport {
        var values = values
        if !leftOut.isEmpty { values["left_out"] = Double(leftOut.count) }
        return RoundReport(
            round: start.round, loss: losses.value / max(weights, 1), contributions: contributions, tokens: tokens,
            values: values)
    }
}
