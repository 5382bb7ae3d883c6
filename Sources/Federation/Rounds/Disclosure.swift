/// What the workers of a run tell besides updates: losses, counts of rows and tokens, times, evaluations, how far they are.
///
/// Under differential privacy ε covers updates only, so nothing else that depends on data may be told. A worker sends nothing
/// of it, and a coordinator drops what another release or a dishonest worker sends all the same.
public enum Disclosure: Equatable, Sendable {
    /// All that workers measure.
    case everything
    /// Updates alone. Each has the weight of `examples`, a number that follows from the run file.
    case updatesOnly(examples: Int)

    /// What may be told of what was measured.
    public func told(_ metrics: ContributionMetrics) -> ContributionMetrics {
        switch self {
        case .everything: metrics
        case .updatesOnly(let examples): ContributionMetrics(examples: examples)
        }
    }

    /// What may be told of how far a task is, from 0 to 1.
    func told(progress: Double) -> Double { self == .everything ? progress : 0 }

    /// What may be told of why a worker could not do a task, or leaves.
    func told(reason: String, insteadOf general: String) -> String { self == .everything ? reason : general }
}
