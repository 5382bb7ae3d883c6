public import Foundation
import Privacy
import Synchronization
import Tensors
import Transports

/// What a worker is told that takes part in an exchange.
public enum ExchangeTurn: Equatable, Sendable {
    /// The coordinator's next message.
    case message(Data)
    /// Others are waited for.
    case wait
    /// The exchange is over, or this worker is not in it.
    case over(reason: String)
}

/// One attempt at a round under secure aggregation, at the coordinator: it holds one sum, and of no worker more than
/// messages that say nothing of its update.
final class SecureRound: Sendable {
    /// What comes of it.
    struct Outcome {
        /// Σ wᵢ(xᵢ − x₀) / Σ wᵢ.
        let meanDifference: StateDict
        /// The mean loss, where it travelled along.
        let loss: Double?
        let workers: Int
        /// Σ wᵢ.
        let weight: Int
        /// Σ wᵢ(xᵢ − x₀) as it was summed up; nil where the workers' noise is in it already.
        let sum: StepSum?
        /// Elements of the sum that honest workers cannot have sent.
        let outOfRange: Int
    }

    fileprivate struct State {
        var server: SecureAggregationServer
        var identities: [WorkerID: WorkerIdentity] = [:]
        /// Whom each accepts.
        var trust: [WorkerIdentity: TrustedKeys] = [:]
        var isInterrupted = false
        var findings = ExchangeFindings()
    }

    let terms: MaskingTerms
    private let layout: UpdateLayout
    private let encoding: UpdateEncoding
    private let state: Mutex<State>
    private let wake = WakeUp()

    /// What the exchange has shown of its workers so far.
    var findings: ExchangeFindings { state.withLock(\.findings) }

    /// Begins an attempt.
    ///
    /// - Parameter binding: what the workers' results are made from.
    init(_ terms: MaskingTerms, _ layout: UpdateLayout, _ binding: ResultBinding) throws {
        self.terms = terms
        self.layout = layout
        encoding = try terms.encoding(values: layout.valueCount)
        let configuration = try terms.configuration(values: layout.valueCount, result: binding.digest)
        state = Mutex(State(server: SecureAggregationServer(configuration: configuration, trusted: nil)))
    }

    /// Takes in a worker that has a result.
    ///
    /// - Parameters:
    ///   - identity: the signing key that it named when it joined.
    ///   - trust: whom it takes part with.
    /// - Throws: `PrivacyError`, `FederationError.invalidUpdate` where it speaks for another.
    func admit(
        _ advertisement: Data, from worker: WorkerID, as identity: WorkerIdentity,
        accepting trust: TrustedKeys = .everyone
    ) throws {
        try state.withLock { state in
            guard state.identities.allSatisfy({ $0.value != identity || $0.key == worker }) else {
                throw FederationError(.invalidUpdate, "signing key \(identity) is another worker's already")
            }
            guard try SecureAggregationServer.sender(of: advertisement) == identity else { throw Self.foreign(worker) }
            try state.server.receive(advertisement)
            state.identities[worker] = identity
            state.trust[identity] = trust
        }
    }

    /// Takes what a worker says; what comes again after its stage, because the reply was lost, changes nothing.
    ///
    /// - Throws: `PrivacyError` where it does not fit; the exchange goes on as if it had not come.
    func take(_ message: Data, from worker: WorkerID) throws {
        try accept(message, from: worker) { try $0.receive(message) }
    }

    /// Takes a worker's masked vector.
    ///
    /// - Throws: as `take(_:from:)`.
    func take(vector: Data, from worker: WorkerID) throws {
        let header = vector.dropFirst(4)
        try accept(header, from: worker) { try $0.fold(encoded: vector) }
    }

    private func accept(
        _ message: Data, from worker: WorkerID,
        _ body: (inout SecureAggregationServer) throws -> WorkerIdentity
    ) throws {
        try state.withLock { state in
            guard try SecureAggregationServer.sender(of: message) == state.identities[worker] else {
                throw Self.foreign(worker)
            }
            do {
                _ = try body(&state.server)
            } catch let error as PrivacyError where error.code == .wrongStage {
                // The turn that follows says what is next, or that the exchange has gone on without this worker.
            } catch let error as PrivacyError {
                state.blame(error.culprits, error.message)
                throw error
            }
        }
        wake.signal()
    }

    private static func foreign(_ worker: WorkerID) -> FederationError {
        FederationError(.invalidUpdate, "worker \(worker) sends a message in another worker's name")
    }

    /// What is next for a worker.
    func turn(for worker: WorkerID) -> ExchangeTurn {
        state.withLock { state in
            if let breach = state.findings.misconduct[worker] { return .over(reason: breach.reason) }
            if let reason = state.findings.distrusted[worker] { return .over(reason: reason) }
            guard let identity = state.identities[worker], state.server.stage < .finished else {
                return .over(reason: "")
            }
            if state.server.stage == .keys || state.server.answered.contains(identity) { return .wait }
            return state.server.message(for: identity).map { .message($0) } ?? .over(reason: "")
        }
    }

    /// Ends `run` soon.
    func interrupt() {
        state.withLock { $0.isInterrupted = true }
        wake.signal()
    }

    /// Goes through the stages, each of which ends when all have answered that take part still.
    ///
    /// - Parameters:
    ///   - limit: how long one that is there may take, if it is not sending its vector.
    ///   - lanes: threads that make masks.
    ///   - willOpen: called before shares are asked for that open the sum.
    ///   - present: the workers that take part still; called several times a second.
    ///   - sending: the workers of whose uploads something has come lately: a stage waits for them up to
    ///     `longestStage(limit)`.
    /// - Throws: `FederationError.roundLost` where too few are left, `.roundSpent` where shares were asked
    ///   for already, `.cancelled` after `interrupt`.
    func run(
        limit: Duration, lanes: Int, willOpen: () throws -> Void, present: () -> Set<WorkerID>,
        sending: () -> Set<WorkerID> = { [] }
    ) throws -> Outcome {
        var hasAsked = false
        do {
            let mostLiars = max(1, terms.colluders ?? 0)
            try state.withLock { state in
                state.leaveOutStrangers(mostLiars: mostLiars)
                try state.server.advance()
            }
            repeat {
                try waitForAnswers(limit, present, sending)
                if state.withLock({ $0.server.canAsk }) {
                    try willOpen()
                    hasAsked = true
                }
            } while try state.withLock { try $0.advance() }
            return try outcome(try state.withLock { try $0.finish(lanes: lanes) })
        } catch let error as PrivacyError {
            state.withLock { $0.note(error) }
            throw FederationError(hasAsked ? .roundSpent : .roundLost, error.message, cause: error.cause)
        }
    }

    private func waitForAnswers(
        _ limit: Duration, _ present: () -> Set<WorkerID>, _ sending: () -> Set<WorkerID>
    ) throws {
        let clock = ContinuousClock()
        let begun = clock.now
        // A vector may take its time on a slow link; other messages are short.
        var hasNotedSlow = state.withLock { $0.server.stage } == .inputs
        while true {
            let awaited = present().intersection(try state.withLock { try $0.missing() })
            let time = awaited.isDisjoint(with: sending()) ? limit : longestStage(limit)
            if awaited.isEmpty || clock.now - begun >= time { break }
            if !hasNotedSlow, clock.now - begun >= limit / 2 {
                hasNotedSlow = true
                try noteLate(present())
            }
            wake.wait(for: .milliseconds(50))
        }
        try noteLate(present())
    }

    /// Notes those that are there and have not answered yet.
    private func noteLate(_ present: Set<WorkerID>) throws {
        try state.withLock { $0.findings.late.formUnion(present.intersection(try $0.missing())) }
    }

    /// How long a stage may take in which a worker that is waited for is sending its vector: as long as the vector takes at the
    /// least rate on top of `limit`, so that nobody can hold a round up for good.
    func longestStage(_ limit: Duration) -> Duration {
        let bytes = layout.valueCount * MemoryLayout<UInt32>.size
        return limit + .seconds(Double(bytes) / Double(BlobInbox.Limits.leastRate))
    }

    private func outcome(_ sum: SecureSum) throws -> Outcome {
        let mean = try encoding.mean(of: sum.elements, workers: sum.workers.count)
        let loss = layout.carriesLoss ? mean.values.last : nil
        return Outcome(
            meanDifference: layout.tensors(mean.values),
            loss: loss.map { max(0, Double($0) / terms.clip.bound * UpdateLayout.highestLoss) },
            workers: sum.workers.count, weight: mean.weight,
            sum: try encoding.steps(of: sum.elements, workers: sum.workers.count), outOfRange: mean.outOfRange)
    }
}

extension SecureRound.State {
    /// Takes those out of the list of keys, before it is closed, with whom the others would not take part.
    fileprivate mutating func leaveOutStrangers(mostLiars: Int) {
        let there = Set(server.answered)
        let roster = AcceptedRoster(trust.filter { there.contains($0.key) }, mostLiars: mostLiars)
        for (worker, identity) in identities {
            guard let reason = roster.leftOut[identity] else { continue }
            findings.distrusted[worker] = reason
            server.leaveOut(identity)
        }
        findings.mostLiars = mostLiars
        findings.lacksTrust = !roster.leftOut.isEmpty && roster.members.count < server.configuration.fewestWorkers
    }

    /// The workers whose answers are still of use in this stage.
    fileprivate func missing() throws -> [WorkerID] {
        if isInterrupted { throw FederationError(.cancelled, "the exchange was interrupted") }
        if server.canFinish { return [] }
        let missing = Set(server.expected).subtracting(server.answered)
        return identities.filter { missing.contains($0.value) && findings.misconduct[$0.key] == nil }.map(\.key)
    }

    /// Takes the masks off, and notes who could be relied on.
    fileprivate mutating func finish(lanes: Int) throws -> SecureSum {
        let faithful = workers(server.answered)
        let sum = try server.finish(lanes: lanes)
        findings.faithful = faithful
        blame(
            sum.misdealt,
            "the shares that it dealt do not give the secret it committed to, though it signed each of them")
        return sum
    }

    /// Notes what ended the exchange.
    fileprivate mutating func note(_ error: PrivacyError) {
        blame(error.culprits, error.message)
        findings.missed = workers(error.absent)
        for dispute in error.disputes {
            guard let dealer = workers([dispute.dealer]).first else { continue }
            findings.disputes[dealer, default: []].formUnion(workers(dispute.holders))
        }
    }

    fileprivate mutating func blame(_ culprits: [WorkerIdentity], _ reason: String) {
        for (worker, identity) in identities where culprits.contains(identity) && findings.misconduct[worker] == nil {
            findings.misconduct[worker] = ExchangeFindings.Breach(identity: identity, reason: reason)
        }
    }

    private func workers(_ named: [WorkerIdentity]) -> Set<WorkerID> {
        let named = Set(named)
        return Set(identities.filter { named.contains($0.value) }.map(\.key))
    }

    /// Closes a stage; false once only the masks have to be taken off.
    fileprivate mutating func advance() throws -> Bool {
        if server.stage == .reveals { return false }
        try server.advance()
        return true
    }
}
