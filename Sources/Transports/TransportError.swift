/// What went wrong between two ends of a connection.
public struct TransportError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure, for callers that act on it.
    public enum Code: Sendable, Equatable {
        /// An address that cannot be read, or that this transport does not speak.
        case invalidEndpoint
        /// A host name without an address.
        case unresolvable
        /// Another socket listens there already.
        case addressInUse
        /// The system refused a socket, an option or memory.
        case unavailable
        /// No reply in time; the peer may be away, or gone.
        case timeout
        /// This end is closed.
        case closed
        /// A message over the agreed limit.
        case tooLarge
        /// Bytes that are not what the protocol says.
        case malformed
        /// The other end understood, and said no.
        case refused
        /// A peer, a token or a signature that is not the expected one.
        case untrusted
        /// A record that was received before, or is too old to tell.
        case replayed
        /// A token or a session past its time.
        case expired
        /// A token or a peer that was withdrawn.
        case revoked
        /// A proxy or a server on the way to the other end said no, or its certificate is not trusted.
        case blocked
        /// A key that cannot be read or used.
        case invalidKey
        /// The disk or the system failed to read or write.
        case ioFailed
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

    /// The message, followed by its cause; a refusal's words are in the message already.
    public var description: String {
        guard let cause, !(cause is Refusal) else { return message }
        return "\(message) (\(cause))"
    }
}
