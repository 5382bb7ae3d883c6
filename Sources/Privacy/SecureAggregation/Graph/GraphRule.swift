/// How many neighbours the workers of a round have: all others in a small round, as many as ``NeighbourDegree`` asks
/// for in a large one.
struct GraphRule: Sendable, Equatable {
    /// The rule of every run.
    static let standard = GraphRule(completeWorkers: 128)

    /// Up to this many workers the graph is complete, so there is nothing to draw.
    var completeWorkers: Int
    /// The mean number of neighbours above that; `nil` for what the failure probability asks for.
    var degree: Int?

    /// The mean number of neighbours in a round.
    ///
    /// - Returns: `nil` for the complete graph.
    func degree(workers: Int, threshold: Double, colluders: Int) -> Int? {
        guard workers > completeWorkers else { return nil }
        if let degree { return degree }
        return NeighbourDegree.degree(
            workers: workers, threshold: threshold,
            colluders: NeighbourDegree.colluders(workers: workers, threshold: threshold, declared: colluders))
    }
}
