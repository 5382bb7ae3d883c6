/// Rounds of secure aggregation in a row that gave no sum: too many of them end a run.
///
/// A lost round does not count if its loss is explained: a worker was left out because of it, or the workers' complaints or their lists
/// of trusted keys prevented the sum. The run then continues without that worker, or waits.
struct RoundLosses {
    /// How often in a row a round may be lost.
    static let limit = 5

    /// Attempts at the present round that were lost.
    private(set) var attempts = 0
    /// Those of them that nothing explains.
    private(set) var unexplained = 0
    /// Rounds that were given up and that nothing explains, since the last that came to a sum.
    private(set) var givenUp = 0
    /// Whether it is known why the last exchange gave no sum.
    private var isExplained = false

    /// It is known why the last exchange gave no sum, and something is done about it.
    mutating func explain() { isExplained = true }

    /// - Returns: whether the run may go on.
    mutating func lose() -> Bool {
        attempts += 1
        if !takeExplanation() { unexplained += 1 }
        return unexplained < Self.limit
    }

    /// - Returns: whether the run may go on.
    mutating func giveUp() -> Bool {
        if !takeExplanation() { givenUp += 1 }
        return givenUp < Self.limit
    }

    mutating func didCommit(isEmpty: Bool) {
        (attempts, unexplained, isExplained) = (0, 0, false)
        if !isEmpty { givenUp = 0 }
    }

    private mutating func takeExplanation() -> Bool {
        defer { isExplained = false }
        return isExplained
    }
}
