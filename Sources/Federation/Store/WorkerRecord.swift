public import Foundation

/// A worker that has joined a run.
public struct WorkerRecord: Sendable, Equatable {
    /// The fingerprint of its public key, which names it.
    public var fingerprint: String
    /// The name it gave itself.
    public var name: String
    /// Its identity key.
    public var publicKey: Data
    /// When it joined first.
    public var firstSeen: Date
    /// When it was heard from last.
    public var lastSeen: Date
    /// What it says of its machine, a JSON object.
    public var machine: String
    /// Whether it may not come back.
    public var isRevoked: Bool

    /// Creates a worker that is seen for the first time.
    public init(fingerprint: String, name: String, publicKey: Data, machine: String = "{}", seen: Date) {
        self.fingerprint = fingerprint
        self.name = name
        self.publicKey = publicKey
        firstSeen = seen
        lastSeen = seen
        self.machine = machine
        isRevoked = false
    }
}
