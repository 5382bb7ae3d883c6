/// A learning rate for the parameters whose PEFT path a regular expression matches as a whole.
public struct ParameterLearningRate: Equatable, Sendable {
    /// The regular expression.
    public let pattern: String
    /// The peak learning rate.
    public let value: Double

    /// Creates an entry of `training.learning_rates`.
    public init(pattern: String, value: Double) {
        self.pattern = pattern
        self.value = value
    }

    /// Whether the pattern matches the whole path.
    ///
    /// - Throws: `TrainingError` if the pattern is no regular expression.
    public func matches(_ path: String) throws -> Bool {
        do {
            return try Regex(pattern).wholeMatch(in: path) != nil
        } catch {
            throw TrainingError(
                .invalidConfiguration, "learning_rates: `\(pattern)` is not a regular expression", cause: error)
        }
    }
}
