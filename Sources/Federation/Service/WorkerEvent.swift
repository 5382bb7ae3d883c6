public import Privacy

/// Something that happened to a worker: what its log is told.
public enum WorkerEvent: Equatable, Sendable {
    /// What became of a result.
    public enum Outcome: String, Sendable {
        /// It counts.
        case counted
        /// The round has gone on, or another worker's result is in.
        case late
        /// It is not valid.
        case refused
        /// The work could not be done, or the update not be sent.
        case failed
        /// The coordinator had no use for it any more.
        case dropped
    }

    /// A task has come.
    case began(TaskKey)
    /// So much of the task is done, from 0 to 1; from whichever thread computes.
    case progressed(Double)
    /// The work is done; the update has so many bytes.
    case performed(TaskKey, ContributionMetrics, updateBytes: Int)
    /// The coordinator asks for this worker's part in a stage of secure aggregation.
    case exchanging(TaskKey, SecureAggregationServer.Stage)
    /// The task is over.
    case ended(TaskKey, Outcome, reason: String)
}

extension WorkerEvent {
    /// What there is to tell after a step of a worker's protocol.
    ///
    /// - Parameters:
    ///   - event: what happened.
    ///   - task: the task that the worker was at when it happened.
    ///   - action: what it does next.
    static func news(of event: Worker.Event, in task: TaskKey?, next action: Worker.Action) -> [WorkerEvent] {
        if case .fetch(let order) = action { return TaskKey(order.task).map { [.began($0)] } ?? [] }
        guard let task else { return [] }
        switch event {
        case .performed(let update, let metrics):
            return [.performed(task, metrics, updateBytes: Int(clamping: update?.size ?? 0))]
        case .masked(_, let metrics): return [.performed(task, metrics, updateBytes: 0)]
        case .replied(let reply): return ended(task, reply)
        case .abandoned: return [.ended(task, .dropped, reason: "")]
        case .failed(let reason): return [.ended(task, .failed, reason: reason)]
        case .fetched, .uploaded, .exchanged: return []
        }
    }

    private static func ended(_ task: TaskKey, _ reply: WireReply) -> [WorkerEvent] {
        guard case .verdict(let verdict) = reply.kind else { return [] }
        switch verdict.outcome {
        case .counted: return [.ended(task, .counted, reason: verdict.reason)]
        case .late: return [.ended(task, .late, reason: verdict.reason)]
        case .refused: return [.ended(task, .refused, reason: verdict.reason)]
        case .unknown, .UNRECOGNIZED: return []
        }
    }
}
