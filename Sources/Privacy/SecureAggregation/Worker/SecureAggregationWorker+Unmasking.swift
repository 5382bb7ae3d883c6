import Foundation

extension SecureAggregationWorker {
    /// Signs the first list of survivors, if it can be true; no second one.
    mutating func consent(to message: Data) throws -> Data {
        let session = try open(.survivors)
        guard hasMasked else { throw PrivacyError(.wrongStage, "the list of survivors came before a masked vector") }
        let notice = try SurvivorsNotice(
            message, round: configuration.round, workers: session.roster.workers.count)
        let survivors = notice.survivors
        if let consent {
            guard consent.survivors == survivors else {
                throw PrivacyError(
                    .conflict, "the coordinator named two different sets of survivors: it may be after both shares")
            }
            return consent.message
        }
        try check(survivors, session)
        try notice.verify(sharing: session.sharing, at: session.place, session.roster)
        let signed = try SignedMessage(.consent, body: survivors.bytes, key: key, scope: session.roster.scope)
            .bytes(round: configuration.round)
        consent = (survivors, signed)
        return signed
    }

    private func check(_ survivors: SurvivorSet, _ session: WorkerSession) throws {
        let roster = session.roster
        guard survivors.members.count >= roster.quorum else {
            throw PrivacyError(
                .belowThreshold,
                "\(survivors.members.count) of \(roster.workers.count) workers survive; \(roster.quorum) are needed")
        }
        guard survivors.contains(session.place) else {
            throw PrivacyError(.untrusted, "the list of survivors lacks this worker \(identity), which sent its vector")
        }
        if let stranger = survivors.members.first(where: { !session.sharing.contains($0) }) {
            throw PrivacyError(
                .untrusted,
                "worker \(roster.workers[stranger]) is said to survive, and it did not share its secrets")
        }
        try roster.checkNeighbourhoods(of: survivors)
    }

    /// Gives shares by the survivors signed before: of seeds for those among them, of masking keys for the others; and this
    /// worker's own seed, so that nobody else's shares are needed for it.
    ///
    /// This worker is one of the survivors (it signs no other list), so its seed is to be opened in any case, and its masking
    /// key never is.
    mutating func reveal(for message: Data) throws -> Data {
        let session = try open(.unmasking)
        guard let consent else { throw PrivacyError(.wrongStage, "shares were asked for before the list of survivors") }
        let request = try UnmaskingRequest(
            message, round: configuration.round, workers: session.roster.workers.count)
        guard request.survivors == consent.survivors else {
            throw PrivacyError(
                .conflict, "shares were asked for by other survivors than this worker signed: none are given")
        }
        try request.verify(session.roster)
        if let revealed { return revealed }
        try willReveal(session.sum(of: consent.survivors, configuration))
        let body = session.held.keys.sorted().reduce(into: Data()) { body, owner in
            guard let shares = session.held[owner] else { return }
            body += shares.revealing(consent.survivors.contains(owner) ? .seed : .maskingKey).bytes
        }
        let message = try SignedMessage(
            .reveal, body: body + secrets.seed.bytes, key: key, scope: session.roster.scope
        )
        .bytes(round: configuration.round)
        revealed = message
        return message
    }
}

extension WorkerSession {
    fileprivate func sum(
        of survivors: SurvivorSet, _ configuration: SecureAggregationConfiguration
    ) -> RevealedSum {
        RevealedSum(
            round: configuration.round, context: roster.scope.context, workers: roster.workers,
            survivors: survivors.members.map { roster.workers[$0] })
    }
}
