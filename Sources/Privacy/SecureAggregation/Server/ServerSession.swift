import Foundation

/// What the coordinator holds of a round once the list of keys is closed.
struct ServerSession: Sendable {
    var roster: Roster
    let rosterMessage: Data
    /// The workers' parts in the draw of the graph.
    var graphOpenings: [Int: SignedMessage] = [:]
    /// All of them, once they are there.
    var openingsMessage: Data?
    /// The sealed shares of each worker, in the order of its neighbours; gone once the vectors are in.
    var shares: [Int: Data] = [:]
    /// Who shared.
    var sharing = SurvivorSet([], of: 0)
    /// The digest of each folded vector's header.
    var folded: [Int: Data] = [:]
    /// What each of those that sent a vector signed of whom it masked with.
    var pledges: [Int: Data] = [:]
    /// Whose shares those that sent a vector could not open, where there are any.
    var complaints: [Int: Set<Int>] = [:]
    /// Whose vectors are in the sum.
    var survivors = SurvivorSet([], of: 0)
    /// Signatures of the survivors.
    var consents: [Int: Data] = [:]
    /// Who gave shares.
    var revealed: Set<Int> = []
    /// Shares of the one secret of each worker that is to be opened, as many as it takes.
    var openings: [Int: [ShamirSharing.Share]] = [:]
    /// The secrets that are open, each as it was committed to.
    var secrets: [Int: [UInt8]] = [:]
    /// Who dealt shares that do not give its secret.
    var misdealt: Set<Int> = []

    init(_ roster: Roster, message: Data) {
        self.roster = roster
        rosterMessage = message
    }

    func expected(_ stage: SecureAggregationServer.Stage) -> [Int] {
        switch stage {
        case .openings, .shares: Array(roster.workers.indices)
        case .inputs: sharing.members
        case .consents: survivors.members
        case .reveals: consents.keys.sorted()
        case .keys, .finished, .failed: []
        }
    }

    func answered(_ stage: SecureAggregationServer.Stage) -> [Int] {
        switch stage {
        case .openings: graphOpenings.keys.sorted()
        case .shares: shares.keys.sorted()
        case .inputs: folded.keys.sorted()
        case .consents: consents.keys.sorted()
        case .reveals: revealed.sorted()
        case .keys, .finished, .failed: []
        }
    }

    /// The shares that a worker's neighbours sealed for it.
    func delivery(to place: Int) -> Delivery {
        Delivery(
            sharing: sharing,
            entries: roster.graph.neighbours(of: place).compactMap { sender in
                guard let all = shares[sender], let index = roster.graph.neighbours(of: sender).firstIndex(of: place)
                else { return nil }
                let start = all.startIndex + index * SealedShares.byteCount
                return (sender, Data(all[start..<start + SealedShares.byteCount]))
            })
    }

    /// The list of survivors, with what a worker's neighbours signed.
    func notice(to place: Int) -> SurvivorsNotice {
        SurvivorsNotice(
            survivors: survivors,
            pledges: roster.graph.neighbours(of: place).filter(survivors.contains).compactMap { pledges[$0] })
    }

    /// The request for shares, with all signatures.
    var request: UnmaskingRequest {
        UnmaskingRequest(
            survivors: survivors, signatures: consents.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    /// Which secret of a worker is to be opened.
    func kind(of owner: Int) -> SharedSecretKind { survivors.contains(owner) ? .seed : .maskingKey }

    /// The workers of whom `holder` holds shares, by rising number.
    func owners(heldBy holder: Int) -> [Int] {
        let unopened = complaints[holder, default: []]
        return roster.graph.neighbourhoods[holder].filter { sharing.contains($0) && !unopened.contains($0) }
    }

    /// The workers of whom a secret must be opened: all survivors, and who left masks with one of them.
    var secretsNeeded: [Int] {
        sharing.members.filter { owner in
            survivors.contains(owner) || roster.graph.neighbourhoods[owner].contains(where: survivors.contains)
        }
    }
}
