/// A regular expression over the paths of parameters, in the syntax of Swift and ICU; `(?P<name>…)` is Python's.
public struct PathPattern {
    /// The longest pattern, in bytes of UTF-8.
    public static let longest = PythonPattern.longest

    private let pattern: PythonPattern

    /// Compiles a pattern.
    ///
    /// - Parameter setting: names it in errors.
    /// - Throws: `AdapterError` for a pattern that is invalid or too long.
    public init(_ source: String, setting: String) throws {
        pattern = try PythonPattern(source, setting: setting, hasSets: true)
    }

    /// Whether it matches a path as a whole.
    ///
    /// - Throws: `AdapterError` where matching takes too long.
    public func matchesWhole(_ path: String) throws -> Bool { try pattern.matchesWhole(path) }
}
