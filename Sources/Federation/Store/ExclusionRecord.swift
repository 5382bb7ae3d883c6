public import Foundation

/// A worker that is left out of a run for good, because it provably broke the protocol.
public struct ExclusionRecord: Sendable, Equatable {
    /// The fingerprint of its public key, which names it.
    public var fingerprint: String
    /// The key that it signed messages of secure aggregation with; empty where it had none.
    public var signingKey: Data
    /// What it did.
    public var reason: String
    /// When that was found.
    public var time: Date

    /// Creates a record.
    public init(fingerprint: String, signingKey: Data, reason: String, time: Date) {
        self.fingerprint = fingerprint
        self.signingKey = signingKey
        self.reason = reason
        self.time = time
    }
}
