import Tensors

/// What went wrong while reading a dataset, training, or writing the output of a run.
///
/// Messages name the file, the example or key, what was expected and what was found, and what to do.
public struct TrainingError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure, for callers that act on it.
    public enum Code: Sendable, Equatable {
        case fileNotFound
        case invalidDataset
        case invalidConfiguration
        case unsupported
        case writeFailed
        case corruptFile
        case diverged
        /// Work or a result from a peer that is malformed or does not fit this run.
        case invalidWork
    }

    /// The kind of failure.
    public let code: Code
    /// What went wrong, where, and what to do.
    public let message: String
    /// The error underneath, if any.
    public let cause: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message, followed by its cause.
    public var description: String { cause.map { "\(message) (\(SystemReason.of($0)))" } ?? message }
}
