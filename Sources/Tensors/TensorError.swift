/// What went wrong with tensors on disk or in memory.
public struct TensorError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure, for callers that act on it.
    public enum Code: Sendable, Equatable {
        case fileNotFound
        case corruptFile
        case unsupported
        case missingTensor
        case shapeMismatch
        case writeFailed
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
