import Crypto
import Foundation

/// The workers of a round with their signed keys, numbered by rising identity, and the graph of neighbours: complete in a
/// small round, drawn by all workers in a large one (``GraphOpening``).
struct Roster: Sendable {
    let workers: [WorkerIdentity]
    let keys: [Advertisement]
    /// `nil` until it is drawn.
    private(set) var drawnGraph: NeighbourGraph?
    let scope: MessageScope
    let threshold: Threshold
    /// How many workers must be left for the round to go on: a sum has no fewer.
    let quorum: Int
    /// SHA-256 of every signed advertisement.
    var digest: Data { scope.roster }
    private let places: [WorkerIdentity: Int]
    /// The mean number of neighbours; `nil` for the complete graph.
    private let degree: Int?
    private let colluders: Int

    /// A roster of messages in rising order of their senders, each one checked.
    ///
    /// - Throws: ``PrivacyError`` for too few or too many, a stranger, a worker named twice, a signature that fails.
    init(
        _ messages: [SignedMessage], configuration: SecureAggregationConfiguration, trusted: Set<WorkerIdentity>?
    ) throws {
        guard (configuration.fewestWorkers...configuration.mostWorkers).contains(messages.count) else {
            throw PrivacyError(
                .belowThreshold,
                "\(messages.count) workers advertised keys; \(configuration.fewestWorkers) to "
                    + "\(configuration.mostWorkers) are needed")
        }
        for (earlier, later) in zip(messages, messages.dropFirst()) where !(earlier.sender < later.sender) {
            throw PrivacyError(.malformed, "the list of keys is not in order, or names worker \(later.sender) twice")
        }
        let context = MessageScope(context: configuration.digest)
        keys = try messages.map { try Self.keys(of: $0, in: context, trusted: trusted) }
        workers = messages.map(\.sender)
        places = Dictionary(uniqueKeysWithValues: workers.enumerated().map { ($1, $0) })
        var hash = SHA256()
        for message in messages { hash.update(data: message.content) }
        let digest = Data(hash.finalize())
        scope = MessageScope(context: configuration.digest, roster: digest)
        threshold = configuration.limit
        quorum = configuration.quorum(of: messages.count)
        colluders = configuration.colluders
        degree = try configuration.degree(workers: messages.count)
        drawnGraph = degree == nil ? NeighbourGraph(completeOf: messages.count) : nil
    }

    /// Whether the workers have to draw the graph before they deal shares.
    var needsDraw: Bool { drawnGraph == nil }

    /// The graph. There is none before it is drawn, and then nobody is a neighbour.
    var graph: NeighbourGraph { drawnGraph ?? .none }

    /// The same workers with the graph that follows from their openings.
    ///
    /// - Throws: ``PrivacyError`` for openings that are not all there, or not what was committed to.
    func drawn(by openings: [SignedMessage]) throws -> Roster {
        guard let degree else { return self }
        let seed = try GraphOpening.seed(openings, self)
        let graph = NeighbourGraph(workers: workers.count, degree: degree, seed: seed)
        guard graph.neighbourhoods.allSatisfy({ $0.count <= ShamirSharing.mostShares }) else {
            throw PrivacyError(
                .belowThreshold, "the draw gave a worker too many neighbours, which is rare: begin the round anew")
        }
        var copy = self
        copy.drawnGraph = graph
        return copy
    }

    /// The keys of one message, after all that can be checked of it alone.
    static func keys(
        of message: SignedMessage, in scope: MessageScope, trusted: Set<WorkerIdentity>?
    ) throws -> Advertisement {
        if let trusted, !trusted.contains(message.sender) {
            throw PrivacyError(
                .untrusted,
                "worker \(message.sender) is not among the \(trusted.count) workers trusted here: add its signing "
                    + "key if it belongs to the run; if not, the coordinator may have invented it")
        }
        try message.verify(in: scope)
        return try Advertisement(message.body)
    }

    func place(of worker: WorkerIdentity) -> Int? { places[worker] }

    /// How many shares open a secret of `owner`: in a complete graph more than colluders hold. In a drawn one the bound on
    /// splits, which its degree follows from, counts their shares.
    func sharesNeeded(of owner: Int) -> Int {
        let holders = graph.neighbourhoods[owner].count
        return max(threshold.needed(of: holders), degree == nil ? min(colluders + 1, holders) : 0)
    }

    /// Whether so many workers in league with the coordinator could have two lists of survivors signed, or could open a secret
    /// of another worker by their shares alone.
    func isOpen(to colluders: Int) -> Bool {
        2 * quorum - workers.count <= colluders || degree == nil && sharesNeeded(of: 0) <= colluders
    }

    /// Every survivor must have a threshold of its neighbourhood among the survivors. Otherwise its seed could not be opened
    /// and the round would fail; and a coordinator could add such workers to the list to hide that few others are in the
    /// sum.
    ///
    /// - Throws: ``PrivacyError/Code/belowThreshold`` that names the first one.
    func checkNeighbourhoods(of survivors: SurvivorSet) throws {
        let stays = Set(survivors.members)
        for member in survivors.members {
            let staying = graph.neighbourhoods[member].count { stays.contains($0) }
            let needed = sharesNeeded(of: member)
            guard staying >= needed else {
                throw PrivacyError(
                    .belowThreshold,
                    "\(staying) of the \(graph.neighbourhoods[member].count) workers in the neighbourhood of worker "
                        + "\(workers[member]) survive; \(needed) are needed to take its masks off the sum")
            }
        }
    }

    /// Which of a pair adds the mask: the one of the lower number.
    func sign(of worker: Int, with peer: Int) -> MaskSign { worker < peer ? .plus : .minus }

    /// The key of the mask that two workers share.
    func pairKey(_ secret: SharedSecret, _ worker: Int, _ peer: Int) -> SymmetricKey {
        KeyDerivation.key(
            .pairwiseMask, from: secret, salt: scope.context + digest,
            subject: workers[min(worker, peer)].bytes + workers[max(worker, peer)].bytes)
    }

    /// The key of a worker's own mask.
    func ownKey(_ seed: SymmetricKey, _ worker: Int) -> SymmetricKey {
        KeyDerivation.key(.ownMask, from: seed, salt: scope.context + digest, subject: workers[worker].bytes)
    }

    /// The message that tells every worker all keys.
    static func message(_ messages: [SignedMessage], round: UInt64) -> Data {
        var bytes = MessageHeader.bytes(.roster, round: round)
        bytes.append(littleEndian: UInt32(messages.count))
        for message in messages { bytes.append(message.content) }
        return bytes
    }

    /// The signed keys in such a message; nothing is checked of them yet.
    static func messages(in bytes: Data, configuration: SecureAggregationConfiguration) throws -> [SignedMessage] {
        var reader = try MessageHeader.open(bytes, as: .roster, round: configuration.round)
        let each = WorkerIdentity.byteCount + 4 + Advertisement.byteCount + SignedMessage.signatureBytes
        let count = try reader.count(itemBytes: each)
        guard count <= configuration.mostWorkers else {
            throw PrivacyError(
                .malformed, "the list of keys has \(count) workers; at most \(configuration.mostWorkers) were agreed")
        }
        let messages = try (0..<count).map { _ in try SignedMessage(.advertisement, from: &reader) }
        try reader.finish()
        return messages
    }
}
