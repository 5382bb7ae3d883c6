public import Crypto
public import Foundation

/// One worker's side of one round of secure aggregation: the coordinator learns the sum of the survivors' vectors.
///
/// The protocol is that of Bonawitz et al. (Practical secure aggregation for privacy-preserving machine learning,
/// CCS 2017, eprint 2017/281) in its form against an active coordinator, on the sparse graph of Bell et al. (CCS 2020,
/// eprint 2020/704). With b the seed of a worker's own mask and s the secrets of pairs, worker u sends
///
///     y = x + PRG(b) + Σ_{v > u} PRG(s_uv) − Σ_{v < u} PRG(s_uv)   mod 2^bits.
///
/// 1. ``advertisement`` goes to the coordinator; its list of keys comes back.
/// 2. ``answer(_:)`` of the list gives this worker's shares, sealed for its neighbours. In a round of more than
///    ``SecureAggregationConfiguration/completeWorkers`` the neighbours are drawn first: ``answer(_:)`` of the list gives
///    this worker's opening, and ``answer(_:)`` of the list of openings its shares.
/// 3. ``answer(_:)`` of the neighbours' shares gives nothing; then ``mask(_:lanes:)`` gives the masked vector.
/// 4. ``answer(_:)`` of the list of survivors gives a signature of it.
/// 5. ``answer(_:)`` of the request for shares gives shares of the seeds of survivors and of the masking keys of
///    others, and the own seed.
///
/// Every message can be repeated and gets the same answer; one that differs from what came before is refused.
/// What a share is given of follows from the first list of survivors alone, so no order of requests yields both of
/// one worker. A worker that was restarted must join a new round: its copy may have answered already.
public struct SecureAggregationWorker: Sendable {
    /// The round that this worker takes part in.
    public let configuration: SecureAggregationConfiguration
    /// The name of this worker.
    public let identity: WorkerIdentity
    /// The message that begins the round.
    public let advertisement: Data

    let key: Curve25519.Signing.PrivateKey
    let trusted: Set<WorkerIdentity>?
    let fewestInRound: Int
    let colluders: Int
    let secrets: RoundSecrets
    /// The list of keys that this worker gave its opening for.
    var opened: (roster: Roster, message: Data)?
    var session: WorkerSession?
    var delivered: Data?
    var hasMasked = false
    var consent: (survivors: SurvivorSet, message: Data)?
    var revealed: Data?
    let willDraw: @Sendable () throws -> Void
    let willReveal: @Sendable (RevealedSum) throws -> Void

    /// Begins a round.
    ///
    /// - Parameters:
    ///   - key: The worker's long-term signing key.
    ///   - configuration: The round.
    ///   - trusted: The workers whose keys this one accepts. It has to come from elsewhere than the coordinator to
    ///     protect from one that invents workers; nil takes whoever the coordinator names.
    ///   - fewestInRound: A list of fewer workers is refused: a share of `trusted`, whatever the coordinator calls enough.
    ///   - colluders: Workers that this one takes to be in league with the coordinator, whatever the configuration says. A
    ///     round in which these could have two lists of survivors signed is refused.
    ///   - willDraw: Called once, before this worker's part in the draw of the graph is given; what it throws keeps it back.
    ///   - willReveal: Called once, before the first share is given; what it throws keeps all shares back.
    ///   - secret: 32 fresh random bytes, never used in two rounds.
    public init(
        key: Curve25519.Signing.PrivateKey, configuration: SecureAggregationConfiguration,
        trusted: Set<WorkerIdentity>?, fewestInRound: Int = 0, colluders: Int = 0,
        willDraw: @escaping @Sendable () throws -> Void = {},
        willReveal: @escaping @Sendable (RevealedSum) throws -> Void = { _ in },
        secret: SymmetricKey = SymmetricKey(size: .bits256)
    ) throws {
        self.key = key
        self.configuration = configuration
        self.trusted = trusted
        self.fewestInRound = fewestInRound
        self.colluders = colluders
        self.willDraw = willDraw
        self.willReveal = willReveal
        let identity = WorkerIdentity(key.publicKey)
        self.identity = identity
        let scope = MessageScope(context: configuration.digest)
        secrets = try RoundSecrets(secret, context: scope.context)
        advertisement = try SignedMessage(
            .advertisement, body: Advertisement(secrets, of: identity, context: scope.context).body, key: key,
            scope: scope
        ).bytes(round: configuration.round)
    }

    /// The workers of the list of keys; none before the list is there.
    public var roster: [WorkerIdentity] { session?.roster.workers ?? [] }

    /// The neighbours whose shares this worker could not open: they sealed something else, or the coordinator changed it.
    public var unopened: [WorkerIdentity] {
        session.map { session in session.unopened.map { session.roster.workers[$0] } } ?? []
    }

    /// Answers a message of the coordinator.
    ///
    /// - Returns: The message to send back; nil for the neighbours' shares, after which the vector can be masked.
    /// - Throws: ``PrivacyError``. Whatever was thrown, nothing secret was given away; unless its code is
    ///   `wrongRound` or `malformed`, leave the round.
    public mutating func answer(_ message: Data) throws -> Data? {
        switch MessageHeader.kind(of: message) {
        case .roster: return try join(message)
        case .openings: return try deal(for: message)
        case .delivery: return try accept(delivery: message)
        case .survivors: return try consent(to: message)
        case .unmasking: return try reveal(for: message)
        default:
            throw PrivacyError(.malformed, "a message of \(message.count) bytes is none that a coordinator sends")
        }
    }

    /// The session, once the keys of all are known.
    func open(_ kind: MessageKind) throws -> WorkerSession {
        guard let session else { throw PrivacyError(.wrongStage, "\(kind.name) came before the list of keys") }
        return session
    }
}

/// What a worker knows once it has the keys of all.
struct WorkerSession: Sendable {
    let roster: Roster
    let place: Int
    /// The message of the own shares.
    let answer: Data
    /// Who shared, as the coordinator says.
    var sharing = SurvivorSet([], of: 0)
    /// The shares held, by the number of their owner; the own ones too.
    var held: [Int: DealtShares]
    /// Neighbours whose shares did not open, rising.
    var unopened: [Int] = []

    /// The neighbours that this worker has a mask with: all that shared, also where their shares did not open.
    var maskingPeers: [Int] { roster.graph.neighbours(of: place).filter(sharing.contains) }
}
