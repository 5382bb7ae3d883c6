import Transports

/// Complaints of lost workers that cost exchanges their sums. Of the two parties to a complaint one lies, and nothing tells
/// which: the worker that sealed the shares, or the one that says that they do not open.
///
/// Of each round `mostLiars` workers are assumed to lie. So whoever has been in dispute with more others than that is the one,
/// and sits out. A pair that costs another exchange sits out both. The first time nobody does: an honest worker that is lost by
/// accident is not left out because a liar complains of it.
struct Disputes {
    private var opponents: [WorkerID: Set<WorkerID>] = [:]

    /// Takes in a dispute.
    ///
    /// - Returns: the workers that are to sit out.
    mutating func take(dealer: WorkerID, holders: Set<WorkerID>, mostLiars: Int) -> Set<WorkerID> {
        let isNews = !holders.isSubset(of: opponents[dealer, default: []])
        opponents[dealer, default: []].formUnion(holders)
        for holder in holders { opponents[holder, default: []].insert(dealer) }
        let parties = holders.union([dealer])
        let liars = parties.filter { opponents[$0, default: []].count > mostLiars }
        return liars.isEmpty && !isNews ? parties : liars
    }
}
