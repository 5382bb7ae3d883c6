import Foundation

extension SecureAggregationServer {
    /// Closes the stage with whoever has answered, and begins the next; the last is closed by ``finish(lanes:)``.
    ///
    /// - Throws: ``PrivacyError/Code/belowThreshold`` where too few answered. The round is over then, and what was
    ///   received is forgotten: the masked sum says nothing to anyone.
    public mutating func advance() throws {
        switch stage {
        case .keys: try closeKeys()
        case .openings: try drawGraph()
        case .shares: try closeShares()
        case .inputs: try closeInputs()
        case .consents:
            try requireQuorum("signed the list of survivors")
            stage = .reveals
        case .reveals, .finished, .failed:
            throw PrivacyError(
                .wrongStage, failure.map { "the round has ended: \($0.message)" } ?? "the stage `\(stage)` is the last")
        }
    }

    private mutating func closeKeys() throws {
        let messages = advertisements.values.sorted { $0.sender < $1.sender }
        do {
            let roster = try Roster(messages, configuration: configuration, trusted: trusted)
            session = ServerSession(roster, message: Roster.message(messages, round: configuration.round))
            stage = roster.needsDraw ? .openings : .shares
        } catch let error as PrivacyError {
            throw fail(error)
        }
    }

    private mutating func drawGraph() throws {
        guard let session else { return }
        let absent = unanswered
        do {
            let openings = session.roster.workers.indices.compactMap { session.graphOpenings[$0] }
            self.session?.roster = try session.roster.drawn(by: openings)
            self.session?.openingsMessage = GraphOpening.message(openings, round: configuration.round)
            stage = .shares
        } catch let error as PrivacyError {
            throw fail(PrivacyError(error.code, error.message, cause: error.cause, absent: absent))
        }
    }

    private mutating func closeShares() throws {
        let places = try requireQuorum("shared their secrets")
        guard let session else { return }
        self.session?.sharing = SurvivorSet(places, of: session.roster.workers.count)
        sum = [UInt32](repeating: 0, count: configuration.elements)
        stage = .inputs
    }

    private mutating func closeInputs() throws {
        let places = try requireQuorum("sent their masked vectors")
        guard let session else { return }
        let survivors = SurvivorSet(places, of: session.roster.workers.count)
        do {
            try session.checkComplaints(mostLiars: max(1, configuration.colluders))
            try session.roster.checkNeighbourhoods(of: survivors)
            try session.checkHolders(of: survivors)
        } catch let error as PrivacyError {
            throw fail(error)
        }
        self.session?.survivors = survivors
        self.session?.shares = [:]
        stage = .consents
    }

    @discardableResult
    private mutating func requireQuorum(_ deed: String) throws -> [Int] {
        guard let session else { return [] }
        let places = session.answered(stage)
        let absent = unanswered
        guard places.count >= session.roster.quorum else {
            throw fail(
                PrivacyError(
                    .belowThreshold,
                    "\(places.count) of \(session.roster.workers.count) workers \(deed); \(session.roster.quorum) "
                        + "are needed (threshold \(configuration.threshold), \(configuration.fewestWorkers) at least). "
                        + "The round ends and nothing is learnt of any of them; begin another, give the stage more "
                        + "time, or lower the threshold or the fewest workers", absent: absent))
        }
        return places
    }

    /// The workers that this stage waits for still.
    private var unanswered: [WorkerIdentity] {
        let answered = Set(answered)
        return expected.filter { !answered.contains($0) }
    }
}
