/// `rank_pattern` or `alpha_pattern`, compiled.
struct PatternTable<Value: Sendable & Equatable> {
    private let entries: [(pattern: PythonPattern, value: Value)]

    init(_ entries: [PatternEntry<Value>], setting: String) throws {
        let allowance = LimitedExpression.Allowance()
        self.entries = try entries.map {
            (try Self.compile($0.pattern, setting: setting, allowance: allowance), $0.value)
        }
    }

    /// The value of the first entry that matches the end of `path`.
    func value(for path: String) throws -> Value? {
        try entries.first { try $0.pattern.matchesPrefix(path) }?.value
    }

    static func compile(
        _ pattern: String, setting: String, allowance: LimitedExpression.Allowance = .init()
    ) throws -> PythonPattern {
        try PythonPattern(#"(.*\.)?("# + pattern + ")$", setting: setting, written: pattern, allowance: allowance)
    }
}
