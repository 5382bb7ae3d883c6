/// Which datasets a guarantee cannot tell apart.
public enum Adjacency: String, Codable, Sendable, CaseIterable {
    /// One has a person more. Sensitivity is the clip; Poisson sampling is accounted under it.
    case addOrRemoveOne = "add-or-remove-one"
    /// They differ in one person, their sizes are equal. Sensitivity is twice the clip; samples of fixed size are
    /// accounted under it.
    case replaceOne = "replace-one"
}
