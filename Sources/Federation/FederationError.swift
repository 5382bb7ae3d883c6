/// What went wrong between a coordinator and its workers, or in what they keep on disk.
///
/// Messages name the round, worker, file or blob, what was expected and what was found, and what to do.
public struct FederationError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure, for callers that act on it.
    public enum Code: Sendable, Equatable {
        case invalidUpdate
        case invalidConfiguration
        case unsupported
        case corruptState
        case protocolViolation
        case writeFailed
        case notFound
        case cancelled
        case closed
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
    public var description: String { cause.map { "\(message) (\($0))" } ?? message }
}
