/// How long a stretch of local training is.
public enum StretchLength: Equatable, Sendable {
    /// So many optimizer steps.
    case steps(Int)
    /// So many times through the examples.
    case epochs(Double)
}
