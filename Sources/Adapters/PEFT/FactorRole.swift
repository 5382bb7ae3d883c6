/// A factor of a product B A of low rank that a module adds to its weight.
public enum FactorRole: Sendable, Equatable {
    /// A, [rank, in].
    case a
    /// B, [out, rank].
    case b
}
