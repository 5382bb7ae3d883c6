import Foundation
import Synchronization
import Tensors
public import Transports

extension AveragingJob {
    static func checkMasking(_ settings: AveragingSettings, _ aggregator: any Aggregator) throws {
        _ = try Aggregators.linear(aggregator)
        guard settings.hardNormBound == nil else {
            throw FederationError(
                .invalidConfiguration,
                "federation.refuse_norm looks at each update, which secure aggregation hides: leave it out")
        }
        guard case .sampled = settings.participation else {
            throw FederationError(
                .invalidConfiguration,
                "secure aggregation is for workers with data of their own: federation.mode federated")
        }
    }

    /// An attempt at a round, whose results are made from the job's state by `order`.
    func secureRound(
        _ start: RoundStart, _ masking: MaskingSettings, _ workers: Int, _ order: WorkOrder
    ) throws -> SecureRound {
        let (terms, layout) = try terms(start, masking, workers)
        let binding = ResultBinding(
            basis: masking.basis, state: try base(), work: order.work, attachments: order.attachments)
        return try SecureRound(terms, layout, binding)
    }

    func terms(
        _ start: RoundStart, _ masking: MaskingSettings, _ workers: Int
    ) throws -> (MaskingTerms, UpdateLayout) {
        let sent = start.sentKeys(aggregator.trainedFactors(inRound: start.round))
        let tensors = StateDict(sent.compactMap { key in start.state[key].map { (key, $0) } })
        var random = SystemRandomNumberGenerator()
        let attempt = withUnsafeBytes(of: (random.next(), random.next())) { Data($0) }
        let layout = UpdateLayout(tensors, carriesLoss: masking.clip.carriesLoss && settings.privacy == nil)
        let terms = try masking.terms(
            round: start.round, attempt: attempt, layout: layout, workers: workers,
            largestWeight: settings.privacy == nil ? Int(settings.largestWeight) : 1,
            noise: settings.privacy?.settings)
        return (terms, layout)
    }

    func admit(_ contribution: Contribution) throws {
        guard let secure = secure(contribution.task) else {
            throw FederationError(.invalidUpdate, "no round is open")
        }
        guard let advertisement = contribution.advertisement, contribution.update.count == 0 else {
            throw FederationError(
                .invalidUpdate, "the run takes masked results only: run the same release at both ends")
        }
        try secure.admit(
            advertisement.message, from: contribution.worker, as: advertisement.identity, accepting: contribution.trust)
    }

    /// The exchange of the run's masks, if it has any.
    public var secureExchange: (any SecureExchange)? { settings.masking == nil ? nil : self }

    /// Whether workers may mask their results anew after they have given shares: where each attempt has fresh noise of
    /// theirs, which they account for.
    static func isRepeatable(_ settings: AveragingSettings) -> Bool {
        if case .distributed? = settings.privacy?.settings.mechanism { return true }
        return settings.masking == nil || settings.privacy == nil && settings.disclosure != .everything
    }

    /// Shares of noise are released when the sum opens, whatever becomes of the round.
    private func noteAhead(_ terms: MaskingTerms) throws {
        if !Self.isRepeatable(settings) { try settings.willOpen(terms.round) }
        guard let book = settings.privacy, terms.noise != nil else { return }
        try book.noteAhead(release(of: terms, book))
    }

    private func secure(_ task: UInt64) -> SecureRound? {
        current.withLock { $0.round?.places[task] == nil ? nil : $0.round?.intake.secure }
    }
}

extension AveragingJob.Intake {
    var secure: SecureRound? { if case .mask(let round) = self { round } else { nil } }

    /// The same task by a number of this attempt's own, so that nothing of another one is taken for it.
    func tagged(_ task: PlannedTask) -> PlannedTask {
        guard let attempt = secure?.terms.attempt else { return task }
        let tag = attempt.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        return PlannedTask(id: task.id ^ tag, worker: task.worker)
    }
}

extension AveragingJob.Round {
    fileprivate mutating func sum(_ outcome: SecureRound.Outcome, tellingRange: Bool) {
        intake = .sum(outcome)
        if tellingRange, outcome.outOfRange > 0 { values[RoundReport.outOfRange] = Double(outcome.outOfRange) }
        contributions = outcome.workers
        weights = Double(outcome.weight)
        losses = CompensatedSum()
        if let loss = outcome.loss { losses.add(loss * weights) }
    }
}

extension AveragingJob: SecureExchange {
    /// Takes what a worker says in the exchange.
    public func take(_ message: ExchangeMessage, of task: UInt64, from worker: WorkerID) throws {
        guard let secure = secure(task) else { throw FederationError(.invalidUpdate, "the round is over") }
        switch message {
        case .message(let message): try secure.take(message, from: worker)
        case .vector(let vector): try secure.take(vector: vector, from: worker)
        }
    }

    /// What a worker is told next in the exchange.
    public func turn(for worker: WorkerID, of task: UInt64) -> ExchangeTurn {
        secure(task)?.turn(for: worker) ?? .over(reason: "")
    }

    /// Ends the exchange soon.
    public func interruptExchange() { current.withLock { $0.round?.intake.secure }?.interrupt() }

    /// Goes through the exchange whose sum `commit` needs; nothing to do without secure aggregation.
    public func exchange(limit: Duration, present: () -> Set<WorkerID>, sending: () -> Set<WorkerID>) throws {
        guard let secure = current.withLock({ $0.round?.intake.secure }) else { return }
        do {
            defer { current.withLock { $0.findings = secure.findings } }
            let lanes = AvailableCores.count
            let outcome = try secure.run(
                limit: limit, lanes: lanes, willOpen: { try noteAhead(secure.terms) }, present: present,
                sending: sending)
            // Under differential privacy the count would tell of data.
            let isTold = settings.privacy == nil && disclosure == .everything
            current.withLock { $0.round?.sum(outcome, tellingRange: isTold) }
        } catch let error as FederationError where error.code == .roundSpent && !Self.isRepeatable(settings) {
            current.withLock { $0.round?.intake = .spent }
            throw error
        } catch let error as FederationError where error.code == .roundSpent {
            current.withLock { $0.round = nil }
            throw FederationError(.roundLost, error.message, cause: error.cause)
        } catch {
            current.withLock { $0.round = nil }
            throw error
        }
    }

    /// What the last exchange has shown of its workers; asked for once.
    public func takeFindings() -> ExchangeFindings {
        current.withLock { current in
            defer { current.findings = ExchangeFindings() }
            return current.findings
        }
    }
}
