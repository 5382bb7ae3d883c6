/// Everything that is wrong with a run file and its `--set` overrides.
struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// One thing that is wrong.
    struct Problem: Equatable, CustomStringConvertible {
        let origin: ConfigurationOrigin
        /// The dotted key, if one is concerned.
        let key: String?
        /// What was expected, what was found, what to do.
        let reason: String

        /// `run.yaml:12: training.seed: expected a whole number, found x`.
        var description: String { [origin.description, key, reason].compactMap(\.self).joined(separator: ": ") }
    }

    let problems: [Problem]

    init(_ problems: [Problem]) { self.problems = problems }

    /// One line for each problem.
    var description: String { problems.map(\.description).joined(separator: "\n") }
}
