public import Foundation
import SwiftProtobuf

/// What identifies a unit of work: the same work from the same state counts once, whoever did it and however often its
/// result arrives, also across a restart of the coordinator.
public struct TaskKey: Hashable, Sendable, CustomStringConvertible {
    /// The round, from 0.
    public let round: Int
    /// The task within the round.
    public let id: UInt64
    /// Identifier of the state that the work starts from, 32 bytes.
    public let base: Data

    /// Names a task.
    public init(round: Int, id: UInt64, base: Data) {
        self.round = round
        self.id = id
        self.base = base
    }

    /// `round 3, task 2`.
    public var description: String { "round \(round), task \(id)" }
}

extension TaskKey {
    /// What a peer names; nil where it cannot be one.
    init?(_ wire: WireTask) {
        guard wire.base.count == 32, let round = Int(exactly: wire.round) else { return nil }
        self.init(round: round, id: wire.id, base: wire.base)
    }

    var wire: WireTask {
        WireTask.with {
            $0.round = UInt64(round)
            $0.id = id
            $0.base = base
        }
    }
}
