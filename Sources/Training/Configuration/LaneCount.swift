/// How many micro-batches a process computes side by side.
public enum LaneCount: Equatable, Sendable {
    /// What a number of lanes may be: each has a thread, and beyond the cores of any machine more only cost memory.
    public static let range = 1...1_024

    /// As many as the cores that the process may use (its affinity and control groups).
    case automatic
    /// Exactly this number, in `range`.
    case fixed(Int)
}
