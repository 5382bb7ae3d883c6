/// What one "one" of the adjacency is: whose data a guarantee is about.
public enum PrivacyUnit: String, Codable, Sendable, CaseIterable {
    /// A worker with all of its data: its whole update is clipped.
    case worker
    /// A single example: each example's gradient is clipped.
    case example
    /// A person, whoever of several examples they are in: the sum of their gradients is clipped.
    case person
}
