/// Rounds of secure aggregation in a row that gave no sum: too many of them end a run.
///
/// A round after which a worker was left out does not count. There are at most as many of those as there are workers.
struct RoundLosses {
    /// How often in a row a round may be lost.
    static let limit = 5

    /// Attempts at the present round that were lost.
    private(set) var attempts = 0
    /// Those of them for which nobody was left out.
    private(set) var unexplained = 0
    /// Rounds that were given up for which nobody was left out, since the last that came to a sum.
    private(set) var givenUp = 0
    /// Whether somebody was left out because of the last exchange.
    private var isExplained = false

    /// Somebody is left out because of the last exchange.
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
