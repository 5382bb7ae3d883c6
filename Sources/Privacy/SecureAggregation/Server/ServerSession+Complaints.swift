extension ServerSession {
    /// Ends the round where more workers complain of one than can be lying: one of them is honest, and could not open what the
    /// accused sealed for it. Fewer prove nothing against anyone. Nothing has been opened yet.
    ///
    /// - Parameter mostLiars: the workers of a round that are assumed to break the protocol.
    /// - Throws: ``PrivacyError/Code/tampered`` with the culprits.
    func checkComplaints(mostLiars: Int) throws {
        var complainers: [Int: Int] = [:]
        for dealer in complaints.values.joined() { complainers[dealer, default: 0] += 1 }
        let culprits = complainers.filter { $0.value > mostLiars }.keys.sorted().map { roster.workers[$0] }
        guard !culprits.isEmpty else { return }
        throw PrivacyError(
            .tampered,
            "the shares that worker \(culprits.map(\.description).joined(separator: ", ")) sealed could not be opened by more "
                + "than \(mostLiars) of those that it sealed them for", culprits: culprits)
    }

    /// Ends the round before anything is opened where the masks of a lost worker could not be taken off: too few of the
    /// survivors hold a share of its key. Of a worker for which there were enough without the complaints, the loss is no
    /// fault: a liar may have complained.
    ///
    /// - Throws: ``PrivacyError/Code/belowThreshold`` with the lost workers, and those that were complained of apart.
    func checkHolders(of survivors: SurvivorSet) throws {
        let lost = sharing.members.filter { !survivors.contains($0) }
        let unopenable = lost.filter { owner in
            let staying = roster.graph.neighbourhoods[owner].filter(survivors.contains)
            let holders = staying.count { complaints[$0]?.contains(owner) != true }
            return !staying.isEmpty && holders < roster.sharesNeeded(of: owner)
        }
        guard let first = unopenable.first else { return }
        throw PrivacyError(
            .belowThreshold,
            "worker \(roster.workers[first]) is lost, and too few of those that are left hold shares of its key; "
                + "\(roster.sharesNeeded(of: first)) are needed to take its masks off the sum. The round ends and nothing is "
                + "learnt of any worker; begin another",
            absent: unopenable.filter { !suffice($0, survivors) }.map { roster.workers[$0] },
            disputes: unopenable.filter { suffice($0, survivors) }.map { dispute(over: $0, survivors) })
    }

    /// Whether enough survivors would hold a share of a lost worker's key if none had complained of it.
    private func suffice(_ owner: Int, _ survivors: SurvivorSet) -> Bool {
        roster.graph.neighbourhoods[owner].count(where: survivors.contains) >= roster.sharesNeeded(of: owner)
    }

    private func dispute(over owner: Int, _ survivors: SurvivorSet) -> PrivacyError.Dispute {
        let holders = survivors.members.filter { complaints[$0]?.contains(owner) == true }
        return PrivacyError.Dispute(dealer: roster.workers[owner], holders: holders.map { roster.workers[$0] })
    }
}
