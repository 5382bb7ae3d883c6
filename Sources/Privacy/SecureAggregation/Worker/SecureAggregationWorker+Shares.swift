import Crypto
import Foundation

extension SecureAggregationWorker {
    /// Checks the list of keys, and deals shares of the own secrets to the neighbours; where those have to be drawn,
    /// gives this worker's part in the draw instead.
    mutating func join(_ message: Data) throws -> Data {
        let messages = try Roster.messages(in: message, configuration: configuration)
        guard messages.contains(where: { $0.bytes(round: configuration.round) == advertisement }) else {
            throw PrivacyError(
                .untrusted, "the list of keys lacks the keys that this worker \(identity) sent: leave the round")
        }
        let roster = try Roster(messages, configuration: configuration, trusted: trusted)
        guard roster.workers.count >= fewestInRound else {
            throw PrivacyError(
                .belowThreshold,
                "the round has \(roster.workers.count) of the \(trusted?.count ?? 0) workers that this one knows; it wants "
                    + "\(fewestInRound) at least: wait for more, or start it with a lower --peer-share")
        }
        guard !roster.isOpen(to: colluders) else {
            throw PrivacyError(
                .belowThreshold,
                "with \(colluders) of the \(roster.workers.count) workers of the round in league with it, the coordinator could open "
                    + "an update: \(roster.quorum) signatures make a list of survivors, of which it could have two. Raise "
                    + "privacy.secure_aggregation.colluders in the run file to \(colluders), or start this worker with fewer "
                    + "--colluders")
        }
        guard (session?.roster ?? opened?.roster ?? roster).digest == roster.digest else {
            throw PrivacyError(.conflict, "the coordinator sent two different lists of keys for one round")
        }
        if roster.needsDraw { return try opening(for: roster) }
        return try deal(roster)
    }

    /// This worker's part in the draw of the graph, for one list of keys.
    private mutating func opening(for roster: Roster) throws -> Data {
        if let opened { return opened.message }
        try willDraw()
        let message = try SignedMessage(.opening, body: secrets.opening, key: key, scope: roster.scope)
            .bytes(round: configuration.round)
        opened = (roster, message)
        return message
    }

    /// Draws the graph from everyone's part, and deals shares of the own secrets to the neighbours.
    mutating func deal(for message: Data) throws -> Data {
        guard let opened else {
            throw PrivacyError(.wrongStage, "\(MessageKind.openings.name) came before the list of keys")
        }
        let openings = try GraphOpening.messages(in: message, round: configuration.round)
        return try deal(opened.roster.drawn(by: openings))
    }

    private mutating func deal(_ roster: Roster) throws -> Data {
        if let session { return session.answer }
        guard let place = roster.place(of: identity) else {
            throw PrivacyError(.untrusted, "the list of keys lacks this worker \(identity)")
        }
        let dealt = try dealtShares(roster, place)
        let body = try roster.graph.neighbours(of: place).reduce(into: Data()) { body, peer in
            guard let shares = dealt[peer] else { return }
            body += try SealedShares(from: place, to: peer, roster: roster, own: secrets.sharesKey, peer: peer)
                .seal(shares)
        }
        let answer = try SignedMessage(.shares, body: body, key: key, scope: roster.scope)
            .bytes(round: configuration.round)
        session = WorkerSession(roster: roster, place: place, answer: answer, held: dealt.filter { $0.key == place })
        return answer
    }

    /// The shares of this worker's two secrets, by the number of their holder.
    private func dealtShares(_ roster: Roster, _ place: Int) throws -> [Int: DealtShares] {
        let holders = roster.graph.neighbourhoods[place]
        let needed = roster.sharesNeeded(of: place)
        let seeds = ShamirSharing.split(
            secrets.seed.bytes, threshold: needed, count: holders.count,
            randomness: secrets.polynomials(.seedShares, roster: roster.digest))
        let keys = ShamirSharing.split(
            Array(secrets.maskingKey.rawRepresentation), threshold: needed, count: holders.count,
            randomness: secrets.polynomials(.keyShares, roster: roster.digest))
        var dealt: [Int: DealtShares] = [:]
        for (index, holder) in holders.enumerated() {
            guard let deal = Deal(roster, owner: place, holder: holder) else { continue }
            dealt[holder] = try DealtShares(
                seedShare: seeds[index].bytes, keyShare: keys[index].bytes, deal: deal, key: key)
        }
        return dealt
    }

    /// Opens the neighbours' shares; each must be what its owner signed. Of one whose shares do not open or are not signed
    /// this worker holds none: it goes on, and says so with its vector. Otherwise a single neighbour, or a coordinator that
    /// changes what it passes on, could make it leave.
    mutating func accept(delivery message: Data) throws -> Data? {
        var session = try open(.delivery)
        let digest = Data(SHA256.hash(data: message))
        if let delivered {
            guard delivered == digest else {
                throw PrivacyError(.conflict, "the coordinator delivered two different sets of shares")
            }
            return nil
        }
        let delivery = try Delivery(message, round: configuration.round, workers: session.roster.workers.count)
        try check(delivery, session)
        let needed = session.roster.sharesNeeded(of: session.place)
        guard delivery.entries.count + 1 >= needed else {
            throw PrivacyError(
                .belowThreshold,
                "\(delivery.entries.count + 1) workers of this one's neighbourhood shared their secrets; \(needed) are needed, "
                    + "so that others hide its vector")
        }
        for entry in delivery.entries {
            do {
                session.held[entry.sender] = try opened(entry.sealed, from: entry.sender, session)
            } catch let error as PrivacyError where error.code == .tampered {
                session.unopened.append(entry.sender)
            }
        }
        session.sharing = delivery.sharing
        self.session = session
        delivered = digest
        return nil
    }

    /// The shares must be of just those neighbours that shared: a pair that does not mask with each other is one that
    /// the coordinator could tell apart.
    private func check(_ delivery: Delivery, _ session: WorkerSession) throws {
        let neighbours = session.roster.graph.neighbours(of: session.place)
        if let stranger = delivery.entries.first(where: { !neighbours.contains($0.sender) })?.sender {
            throw PrivacyError(
                .malformed, "worker number \(stranger) is no neighbour, and shares of it were delivered")
        }
        let senders = neighbours.filter(delivery.sharing.contains)
        guard delivery.sharing.contains(session.place), delivery.entries.map(\.sender) == senders else {
            throw PrivacyError(
                .untrusted,
                "the coordinator says that \(senders.count) of this worker's neighbours shared their secrets, and "
                    + "delivered the shares of \(delivery.entries.count): with some missing it could tell this worker's "
                    + "vector from the others'")
        }
    }

    private func opened(_ sealed: Data, from sender: Int, _ session: WorkerSession) throws -> DealtShares {
        guard let deal = Deal(session.roster, owner: sender, holder: session.place) else {
            throw PrivacyError(.malformed, "worker number \(sender) is no neighbour, and shares of it were delivered")
        }
        let shares = try SealedShares(
            from: sender, to: session.place, roster: session.roster, own: secrets.sharesKey, peer: sender
        ).open(sealed)
        try shares.revealing(.seed).verify(.seed, deal: deal)
        return shares
    }
}
