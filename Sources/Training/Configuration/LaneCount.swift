/// How many micro-batches a process computes side by side.
public enum LaneCount: Equatable, Sendable {
    /// As many as the machine's cores and the step's micro-batches allow.
    case automatic
    /// Exactly so many, at least 1.
    case fixed(Int)
}
