/// Which datasets a guarantee cannot tell apart.
public enum Adjacency: String, Codable, Sendable, CaseIterable {
    /// One has a person more. Sensitivity is the clip; Poisson sampling is accounted under it. Nothing that is released may
    /// depend on how many people there are.
    case addOrRemoveOne = "add-or-remove-one"
    /// In one of them a person counts as nothing: whatever is summed gets a zero in the place of what the person adds. How
    /// many people there are is equal, and no secret. Sensitivity is the clip; Poisson sampling is accounted under it.
    case zeroOut = "zero-out"
    /// They differ in one person, their sizes are equal. Sensitivity is twice the clip; samples of fixed size are
    /// accounted under it.
    case replaceOne = "replace-one"

    /// The adjacency of a composition of releases with these guarantees; `nil` if they cannot be composed.
    ///
    /// A mechanism that adds up contributions behaves the same whether a contribution is left out or is zero, so a guarantee
    /// for add-or-remove-one also holds for zero-out.
    static func common(to adjacencies: some Sequence<Adjacency>) -> Adjacency? {
        let distinct = Set(adjacencies)
        guard distinct.count > 1 else { return distinct.first ?? .addOrRemoveOne }
        return distinct.contains(.replaceOne) ? nil : .zeroOut
    }
}
