/// Rounds of secure aggregation that came to no sum, in a row: too many end a run. One for which somebody was named and left
/// out does not count, as there are only so many to leave out.
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
