import Tensors

/// What went wrong while reading a model, tokenizer, image or configuration.
///
/// Messages name the file, the tensor or key, what was expected and what was found, and what to do.
public struct ModelError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure, for callers that act on it.
    public enum Code: Sendable, Equatable {
        case fileNotFound
        case corruptFile
        case unsupported
        case invalidConfiguration
        case invalidInput
    }

    /// The kind of failure.
    public let code: Code
    /// What, where, and what to do.
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
