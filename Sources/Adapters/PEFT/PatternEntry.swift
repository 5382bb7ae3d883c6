/// A regular expression on the end of a module path, and the value for modules that match.
public struct PatternEntry<Value: Sendable & Equatable>: Sendable, Equatable {
    /// Matches as `(.*\.)?(pattern)$`.
    public let pattern: String
    /// The rank or alpha.
    public let value: Value

    /// Creates an entry.
    public init(_ pattern: String, _ value: Value) {
        self.pattern = pattern
        self.value = value
    }
}
