import Foundation
import SwiftProtobuf

/// A worker's protocol logic as a value: what happened goes in, what to do next comes out; it knows neither sockets nor
/// clocks.
///
/// Asking goes on until there is a reply, whatever happens to the connection: that is the driver's part.
struct Worker {
    /// What to do next.
    enum Action: Equatable {
        /// Send a request to the control endpoint.
        case ask(WireRequest)
        /// Get the blobs that an order needs.
        case fetch(WireOrder)
        /// Do the work.
        case perform(WireOrder)
        /// Send the update that `perform` made.
        case upload(WireOrder, WireBlob)
        /// Take part in the exchange that makes a sum of masked results.
        case exchange(WireOrder)
        /// Stop: the run is over, or this worker has no part in it any more.
        case leave(Departure)
    }

    /// Why a worker stops.
    struct Departure: Equatable {
        /// Whether the run is over, rather than this worker shut out; also where its privacy budget is spent.
        let isOver: Bool
        let reason: String
    }

    /// What happened.
    enum Event {
        case replied(WireReply)
        /// All that the order needs is there.
        case fetched
        /// Work is done; without an update there is nothing to upload.
        case performed(WireBlob?, ContributionMetrics)
        /// Work is done, and its result is to be masked; these are the worker's keys. The metrics stay here.
        case masked(advertisement: Data, ContributionMetrics)
        case uploaded
        /// The exchange is over for this worker.
        case exchanged
        /// A blob is not to be had any more, or the result is not needed: ask for other work.
        case abandoned
        /// The work cannot be done here, or its update not be sent.
        case failed(reason: String)
    }

    private enum State {
        case polling
        case fetching(WireOrder)
        case performing(WireOrder)
        case uploading(Result)
        case submitting(Result)
        case exchanging(WireOrder)
        case reporting
    }

    private struct Result {
        let order: WireOrder
        let update: WireBlob?
        let metrics: ContributionMetrics
        var advertisement = Data()
    }

    private var state = State.polling
    /// Whether the coordinator is told why a task could not be done; where the data is the worker's own, the words may name
    /// its files and rows.
    private let tellsReasons: Bool
    private let disclosure: Disclosure
    /// Whom this worker takes part in an exchange with.
    private let trust: TrustedKeys

    /// Creates a worker that has not asked for work yet.
    ///
    /// - Parameters:
    ///   - tellsReasons: whether the coordinator is told why a task failed, and not only that it did.
    ///   - disclosure: what the coordinator is told of what was measured.
    ///   - trust: whom it takes part in an exchange with.
    init(tellsReasons: Bool = true, disclosure: Disclosure = .everything, trust: TrustedKeys = .everyone) {
        self.tellsReasons = tellsReasons
        self.disclosure = disclosure
        self.trust = trust
    }

    /// What the coordinator is told in place of a reason.
    static let untoldReason = "this worker could not do its part; its own log says why"

    /// The first action.
    mutating func start() -> Action { poll() }

    /// The task that this worker is at work on.
    var task: WireTask? {
        switch state {
        case .fetching(let order), .performing(let order): order.task
        case .uploading(let result), .submitting(let result): result.order.task
        case .exchanging(let order): order.task
        case .polling, .reporting: nil
        }
    }

    /// What to do after something happened; an event that does not belong to the last action asks for work anew.
    mutating func next(after event: Event) -> Action {
        switch (state, event) {
        case (.polling, .replied(let reply)): return begin(reply)
        case (.fetching(let order), .fetched):
            state = .performing(order)
            return .perform(order)
        case (.performing(let order), .performed(let update, let metrics)):
            return deliver(Result(order: order, update: update, metrics: metrics))
        case (.performing(let order), .masked(let advertisement, _)):
            return submit(
                Result(order: order, update: nil, metrics: ContributionMetrics(), advertisement: advertisement))
        case (.uploading(let result), .uploaded): return submit(result)
        case (.submitting(let result), .replied(let reply)): return conclude(result, reply)
        case (.reporting, .replied(let reply)): return pollOrLeave(reply)
        case (.fetching(let order), .failed(let reason)), (.performing(let order), .failed(let reason)):
            return report(order, reason)
        case (.uploading(let result), .failed(let reason)): return report(result.order, reason)
        default: return poll()
        }
    }

    private mutating func poll() -> Action {
        state = .polling
        return .ask(.with { $0.poll = .init() })
    }

    private mutating func begin(_ reply: WireReply) -> Action {
        guard case .order(let order) = reply.kind, TaskKey(order.task) != nil else { return pollOrLeave(reply) }
        state = .fetching(order)
        return .fetch(order)
    }

    private mutating func deliver(_ result: Result) -> Action {
        guard let update = result.update else { return submit(result) }
        state = .uploading(result)
        return .upload(result.order, update)
    }

    private mutating func submit(_ result: Result) -> Action {
        state = .submitting(result)
        return .ask(
            .with {
                $0.submission = .with {
                    $0.task = result.order.task
                    if let update = result.update { $0.update = update }
                    $0.metrics = (result.advertisement.isEmpty ? disclosure.told(result.metrics) : result.metrics).wire
                    $0.advertisement = result.advertisement
                    if !result.advertisement.isEmpty { $0.trust = trust.wire }
                }
            })
    }

    /// After a submission; a coordinator that restarted meanwhile may have lost the upload.
    private mutating func conclude(_ result: Result, _ reply: WireReply) -> Action {
        if case .problem(let problem) = reply.kind, problem.code == .gone { return deliver(result) }
        if case .verdict(let verdict) = reply.kind, verdict.outcome == .counted, !result.advertisement.isEmpty {
            state = .exchanging(result.order)
            return .exchange(result.order)
        }
        return pollOrLeave(reply)
    }

    private mutating func report(_ order: WireOrder, _ reason: String) -> Action {
        state = .reporting
        return .ask(
            .with {
                $0.failure = .with {
                    $0.task = order.task
                    let isTold = tellsReasons || reason == WireFailure.spentBudget
                    $0.reason = isTold ? String(reason.prefix(2_000)) : Self.untoldReason
                }
            })
    }

    private mutating func pollOrLeave(_ reply: WireReply) -> Action {
        switch reply.kind {
        case .finished(let end): return .leave(Departure(isOver: true, reason: end.summary))
        case .problem(let problem) where problem.code == .excluded:
            return .leave(Departure(isOver: false, reason: problem.reason))
        default: return poll()
        }
    }
}
