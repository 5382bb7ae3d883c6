/// What went wrong while updates were protected, summed or accounted.
public struct PrivacyError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure, for callers that act on it.
    public enum Code: Sendable, Equatable {
        /// A setting out of its range, or settings that cannot go together.
        case invalidConfiguration
        /// Settings under which a sum could pass the ring's end.
        case overflow
        /// A value that cannot be protected, as one that is not finite.
        case invalidValue
        /// Bytes that are not what the protocol says.
        case malformed
        /// A message of another round.
        case wrongRound
        /// A message, or a call, that this stage does not expect.
        case wrongStage
        /// A signature or a worker that is not one of those expected.
        case untrusted
        /// A share, a sum or a message that was changed by someone.
        case tampered
        /// A second, different answer was asked for where only one may be given.
        case conflict
        /// Too few workers are left.
        case belowThreshold
        /// The release would pass the privacy budget.
        case budgetExceeded
    }

    /// The kind of failure.
    public let code: Code
    /// What, where, and what to do.
    public let message: String
    /// The error underneath, if any.
    public let cause: (any Error)?
    /// Workers that provably broke the protocol: they signed what no honest worker signs.
    public let culprits: [WorkerIdentity]
    /// Workers whose silence ended a round. It proves nothing: a connection may have failed.
    public let absent: [WorkerIdentity]
    /// Lost workers for whose masks there were shares enough, had nobody complained.
    public let disputes: [Dispute]

    /// A worker that was lost, and those that say that its shares did not open. Either it or they broke the protocol.
    public struct Dispute: Sendable, Equatable {
        /// Who dealt the shares.
        public let dealer: WorkerIdentity
        /// Who complained.
        public let holders: [WorkerIdentity]
    }

    /// Creates an error.
    public init(
        _ code: Code, _ message: String, cause: (any Error)? = nil, culprits: [WorkerIdentity] = [],
        absent: [WorkerIdentity] = [], disputes: [Dispute] = []
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.culprits = culprits
        self.absent = absent
        self.disputes = disputes
    }

    /// The same error as evidence against a worker.
    func blaming(_ worker: WorkerIdentity) -> PrivacyError {
        PrivacyError(code, message, cause: cause, culprits: culprits + [worker], absent: absent, disputes: disputes)
    }

    /// The message, followed by its cause.
    public var description: String { cause.map { "\(message) (\($0))" } ?? message }
}
