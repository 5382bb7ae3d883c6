/// How many micro-batches a process computes side by side.
public enum LaneCount: Equatable, Sendable {
    /// What a number of lanes may be: each has a thread, and beyond the cores of any machine more only cost memory.
    public static let range = 1...1_024

    /// As many as the machine's cores and the step's micro-batches allow.
    case automatic
    /// Exactly so many, of `range`.
    case fixed(Int)
}
