import Tensors

/// What went wrong in a federated run: with an update, a configuration, a peer or the coordinator's state.
///
/// Messages name the worker, the tensor or the file, what was expected and what was found, and what to do.
public struct FederationError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure, for callers that act on it.
    public enum Code: Sendable, Equatable {
        /// A worker's update does not fit the round; it is refused and counted.
        case invalidUpdate
        /// A run file asks for what cannot be.
        case invalidConfiguration
        /// What is asked for exists, but not here.
        case unsupported
        /// Something the coordinator kept cannot be read back.
        case corruptState
        /// A peer said what it may not say at this point.
        case protocolViolation
        /// Something could not be written.
        case writeFailed
        /// A name, round or blob is not known.
        case notFound
        /// A round of secure aggregation ended without a sum.
        case roundLost
        /// A round of secure aggregation ended without a sum after shares were asked for: its results cannot be masked again.
        case roundSpent
        /// A coordinator asks for something else, or protects less, than it promised when this worker joined.
        case brokenPromise
        /// The policy of this worker's site does not allow it.
        case forbidden
        /// The work was given up on purpose.
        case cancelled
        /// The run or the connection is over.
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
    public var description: String { cause.map { "\(message) (\(SystemReason.of($0)))" } ?? message }
}
