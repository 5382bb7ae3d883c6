public import Foundation

/// The coordinator's side of one round of secure aggregation (see ``SecureAggregationWorker`` for the protocol).
///
/// It is driven by ``receive(_:)`` and ``fold(_:chunk:)`` with what workers send, and by ``advance()`` when the
/// caller decides that a stage has lasted long enough; ``message(for:)`` is what a worker is to get in this stage,
/// however often it asks. Workers may be lost in every stage. It keeps one running sum, which is uniformly random
/// until the last stage, and nothing of a single vector but the digest of its signed header.
public struct SecureAggregationServer: Sendable {
    /// What the coordinator waits for.
    public enum Stage: Int, Sendable, Comparable {
        /// The workers' signed keys.
        case keys
        /// The parts of all in the list of keys in the draw of the graph; only in rounds of more than
        /// ``SecureAggregationConfiguration/completeWorkers``.
        case openings
        /// Sealed shares of those in the list of keys.
        case shares
        /// Masked vectors of those that shared.
        case inputs
        /// Signatures of the survivors.
        case consents
        /// Shares that take the masks off.
        case reveals
        /// Nothing: the sum was handed out.
        case finished
        /// Nothing: the round failed.
        case failed

        /// Earlier stages come first.
        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// The round.
    public let configuration: SecureAggregationConfiguration
    /// What the coordinator waits for.
    public internal(set) var stage = Stage.keys

    let trusted: Set<WorkerIdentity>?
    var advertisements: [WorkerIdentity: SignedMessage] = [:]
    var session: ServerSession?
    /// The sum of the masked vectors, modulo 2^32. Not in the session, whose copies would copy it when it changes.
    var sum: [UInt32] = []
    var failure: PrivacyError?

    /// Begins a round.
    ///
    /// - Parameters:
    ///   - configuration: The round.
    ///   - trusted: The workers that may take part; nil where the caller looks at each message's ``sender(of:)``.
    public init(configuration: SecureAggregationConfiguration, trusted: Set<WorkerIdentity>?) {
        self.configuration = configuration
        self.trusted = trusted
    }

    /// The workers that answered in this stage.
    public var answered: [WorkerIdentity] {
        guard let session else { return advertisements.keys.sorted() }
        return session.answered(stage).map { session.roster.workers[$0] }
    }

    /// The workers whose answers this stage waits for; empty in the first, to which anyone trusted may come.
    public var expected: [WorkerIdentity] {
        guard let session else { return [] }
        return session.expected(stage).map { session.roster.workers[$0] }
    }

    /// How many answers the stage needs; of the last one only what ``canFinish`` says counts.
    public var needed: Int {
        guard let session else { return configuration.fewestWorkers }
        return stage == .openings ? session.roster.workers.count : session.roster.quorum
    }

    /// Whether enough workers have signed the list of survivors that the next stage asks for shares.
    public var canAsk: Bool { stage == .consents && answered.count >= needed }

    /// What a worker is to get in this stage: nil before there is a list of keys, and for a worker that is not
    /// waited for.
    public func message(for worker: WorkerIdentity) -> Data? {
        guard let session, let place = session.roster.place(of: worker), session.expected(stage).contains(place)
        else { return nil }
        let round = configuration.round
        switch stage {
        case .openings: return session.rosterMessage
        case .shares: return session.openingsMessage ?? session.rosterMessage
        case .inputs: return session.delivery(to: place).message(round: round)
        case .consents: return session.notice(to: place).message(round: round)
        case .reveals: return session.request.message(round: round)
        case .keys, .finished, .failed: return nil
        }
    }

    /// Ends the round and forgets all of it.
    mutating func fail(_ error: PrivacyError) -> PrivacyError {
        failure = error
        forget(.failed)
        return error
    }

    mutating func forget(_ stage: Stage) {
        self.stage = stage
        session = nil
        sum = []
        advertisements = [:]
    }

    /// The session, in the stage that `kind` belongs to.
    func open(_ kind: MessageKind, _ expected: Stage) throws -> ServerSession {
        if let failure { throw PrivacyError(.wrongStage, "the round has ended: \(failure.message)") }
        guard stage == expected, let session else {
            throw PrivacyError(.wrongStage, "\(kind.name) came in the stage `\(stage)`: too early, or too late")
        }
        return session
    }
}
