public import Foundation
public import Transports

/// A worker, as the coordinator knows it.
public struct Member: Equatable, Sendable {
    /// Whether it is there, and at what.
    public enum State: String, Sendable, Codable, CaseIterable {
        /// It waits for work.
        case idle
        /// It is at work on a task.
        case working
        /// It has been silent for too long.
        case silent
        /// It said goodbye.
        case left
        /// Its results were refused too often, or its key was revoked.
        case excluded
    }

    /// Its identity.
    public let id: WorkerID
    /// What people call it.
    public var name: String
    /// Threads it computes on.
    public var lanes: Int
    /// What the last bits of its results depend on.
    public var arithmetic: String
    /// Its Ed25519 key, empty where it named none.
    public internal(set) var signingKey: Data
    /// What it does.
    public var state = State.idle
    /// How far it is with its task, from 0 to 1.
    public var progress = 0.0
    /// When it was last heard.
    public var lastHeard: Duration
    /// Its results that count.
    public var counted = 0
    /// Its results that came too late.
    public var late = 0
    /// Its results that were refused.
    public var refused = 0
    /// Tokens a second in its last result.
    public var tokensPerSecond = 0.0

    init(id: WorkerID, hello: WireHello, now: Duration) {
        self.id = id
        name = hello.name
        lanes = Int(hello.machine.lanes)
        arithmetic = hello.machine.arithmetic
        signingKey = hello.signingKey
        lastHeard = now
    }

    /// Whether work can be given to it.
    public var isThere: Bool { state == .idle || state == .working }
}
