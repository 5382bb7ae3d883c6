import Adapters

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
    /// - Throws: `TrainingError` where the pattern is no regular expression, is too long, or takes too long on the path.
    public func matches(_ path: String) throws -> Bool {
        do {
            return try compiled().matchesWhole(path)
        } catch let error as AdapterError {
            throw TrainingError(.invalidConfiguration, error.message)
        }
    }

    private func compiled() throws -> PathPattern {
        do {
            return try PathPattern(pattern, setting: "learning_rates")
        } catch {
            if isTooLong { throw error }
            throw TrainingError(
                .invalidConfiguration, "learning_rates: `\(pattern)` is not a regular expression", cause: error)
        }
    }

    /// Whether it has more characters than a pattern may have.
    public var isTooLong: Bool { pattern.utf8.count > PathPattern.longest }
}
