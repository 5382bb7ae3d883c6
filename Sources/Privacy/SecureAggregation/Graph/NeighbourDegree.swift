import Foundation

/// How many neighbours a worker needs, so that no choice of losses leaves a group of honest workers by itself.
///
/// docs/privacy-formulas.md, "The graph of neighbours", derives the bound; `docs/scripts/graph_bound.py` computes it
/// independently. The notation here is that of the page: n workers, c of them in league with the coordinator,
/// h = n − c honest ones, q that must stay, t the threshold, p the probability of an edge.
public enum NeighbourDegree {
    /// How often a worker takes part in a draw for one round: a coordinator that does not like a graph can begin anew.
    public static let attempts = 16
    /// The largest probability that one draw can be split: 2⁻⁴⁰ for all ``attempts`` of a round.
    public static let failure = 0x1p-44
    /// The largest probability that some worker loses too many neighbours where a quarter of the losses that the
    /// threshold allows happen at random. This concerns whether a round succeeds, not what it hides.
    static let loss = 0x1p-20
    /// Above this mean, some worker might have more neighbours than there are points for shares.
    static let mostMean = 160

    /// The colluders that a graph is made for: a tenth of the workers, or as many as are declared if those are more.
    /// No graph protects from more than 2·q − n − 1 of them, who could have two lists of survivors signed.
    public static func colluders(workers: Int, threshold: Double, declared: Int) -> Int {
        let quorum = Threshold(fraction: threshold).needed(of: workers)
        return max(declared, min(workers / 10, 2 * quorum - workers - 1), 0)
    }

    /// The smallest mean number of neighbours that suffices.
    ///
    /// - Parameters:
    ///   - workers: the workers of a round, n.
    ///   - threshold: the fraction of the workers, and of each neighbourhood, that must stay, in (0.5, 1].
    ///   - colluders: the workers in league with the coordinator, c. They are chosen before the draw.
    ///   - failure: the largest probability that the graph can be split by some choice of losses.
    /// - Returns: `nil` if only the complete graph suffices.
    public static func degree(
        workers: Int, threshold: Double, colluders: Int, failure: Double = failure
    ) -> Int? {
        guard workers > 3, threshold > 0.5, threshold <= 1, colluders >= 0, colluders < workers - 1, failure > 0
        else { return nil }
        func suffices(_ degree: Int) -> Bool {
            let split = SplitBound(
                workers: workers, threshold: threshold, colluders: colluders, degree: Double(degree))
            return split.logProbability(neededBelow: log(failure)) <= log(failure)
                && split.logLoss <= log(loss)
        }
        var (low, high) = (1, min(workers - 2, mostMean))
        guard suffices(high) else { return nil }
        while low < high {
            let middle = (low + high) / 2
            if suffices(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
