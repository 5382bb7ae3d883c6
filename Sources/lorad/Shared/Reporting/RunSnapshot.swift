import Federation
import Transports

/// A run at one moment: what the table and the metrics show.
struct RunSnapshot: Equatable, Sendable {
    /// A worker at that moment.
    struct Worker: Equatable, Sendable {
        var name: String
        var fingerprint: String
        var state: Member.State
        /// How far it is with its task, from 0 to 1.
        var progress = 0.0
        var lanes = 1
        var tokensPerSecond = 0.0
        var outcomes: [RunStatus.Outcome: Int] = [:]
        /// Bytes that came from it.
        var received = 0
        /// Bytes that went to it.
        var sent = 0
    }

    var status: RunStatus
    var workers: [Worker] = []
    /// Bytes that came from workers.
    var received = 0
    /// Bytes that went to workers.
    var sent = 0
    /// Records of strangers, or damaged ones, that were not taken.
    var refusedRecords = 0
    /// Number of workers that were not admitted.
    var refusedWorkers = 0
}

extension RunSnapshot {
    init(_ status: RunStatus, _ members: [Member], _ traffic: Traffic.Counts) {
        self.init(status: status)
        workers = members.map { Worker($0, status.isWithheld ? (0, 0) : traffic.workers[$0.id] ?? (0, 0)) }
        if !status.isWithheld { (received, sent) = (traffic.received, traffic.sent) }
        refusedRecords = traffic.refusedRecords
        refusedWorkers = traffic.refusedWorkers
    }
}

extension RunSnapshot.Worker {
    fileprivate init(_ member: Member, _ bytes: (received: Int, sent: Int)) {
        self.init(name: member.name, fingerprint: member.id.description, state: member.state)
        progress = member.progress
        lanes = member.lanes
        tokensPerSecond = member.tokensPerSecond
        outcomes = [.counted: member.counted, .late: member.late, .refused: member.refused]
        (received, sent) = bytes
    }
}
