/// What a run file may say about how data is dealt; each partitioner looks at what concerns it.
public struct PartitionOptions: Sendable, Equatable {
    /// α of `dirichlet`: 100 is nearly even, 0.1 gives each part a few labels.
    public var concentration = 0.5

    /// The defaults.
    public init() {}
}
