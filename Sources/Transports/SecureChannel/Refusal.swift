/// Why a coordinator does not let a worker in.
public struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of refusal; the numbers go over the wire.
    public enum Code: UInt8, Sendable {
        /// The worker is unknown and brought no token.
        case tokenMissing = 1
        /// The token is none of the coordinator's.
        case tokenUnknown = 2
        /// The token's time is over.
        case tokenExpired = 3
        /// The token admitted as many workers as it may.
        case tokenUsedUp = 4
        /// Only listed keys are admitted, and this one is not.
        case notListed = 5
        /// The worker's key was revoked.
        case revoked = 6
        /// As many workers are enrolled as there may be.
        case full = 7
        /// The worker and the run do not fit together.
        case incompatible = 8
        /// Something else, told by the message.
        case other = 255
    }

    /// The kind of refusal.
    public let code: Code
    /// What the worker's user should read: what is wrong and what to do. At most 500 characters arrive.
    public let message: String

    /// Creates a refusal.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }

    /// The error that the refused worker throws; its cause is the refusal.
    func error() -> TransportError {
        let kind: TransportError.Code =
            switch code {
            case .revoked: .revoked
            case .tokenExpired: .expired
            default: .refused
            }
        return TransportError(kind, "the coordinator does not let this worker in: \(message.printable())", cause: self)
    }
}
