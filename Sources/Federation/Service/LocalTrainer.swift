public import Foundation
public import Tensors

/// What does the work that a worker is given: the only thing that the federated half knows of models.
public protocol LocalTrainer: Sendable {
    /// The most bytes that the state of a task may have. A larger one is refused before memory is taken for it.
    var stateByteLimit: Int { get }
    /// `RunBasis.digest` of the run file and the files that this trainer was made with: results can be summed under masks
    /// only with those of trainers that have the same.
    var basis: Data { get }
    /// What the coordinator is told besides updates; everything by default.
    var disclosure: Disclosure { get }
    /// Does a task; called on a thread that may block.
    ///
    /// - Throws: `FederationError.cancelled` soon after `work.isCancelled` turns true; anything else is reported to the
    ///   coordinator, which gives the task to another.
    func perform(_ work: LocalWork) throws -> LocalResult
}

extension LocalTrainer {
    /// Everything.
    public var disclosure: Disclosure { .everything }
}

/// A task, as a trainer sees it.
public struct LocalWork: Sendable {
    /// The round, from 0.
    public let round: Int
    /// What to do, as the coordinator's job wrote it.
    public let order: Data
    /// The state to start from.
    public let state: StateDict
    /// Whether this worker has given shares for a result without noise from this very state before: another one has to be
    /// made with fresh randomness, so that it is another result.
    public let isRepeat: Bool
    /// The attached files, by the job's names for them.
    public let files: [Data: URL]
    /// Whether the result is not needed any more.
    public let isCancelled: @Sendable () -> Bool
    /// Tells how much is done, from 0 to 1.
    public let report: @Sendable (Double) -> Void

    /// Puts a task together.
    public init(
        round: Int = 0, order: Data, state: StateDict, isRepeat: Bool = false, files: [Data: URL] = [:],
        isCancelled: @escaping @Sendable () -> Bool = { false }, report: @escaping @Sendable (Double) -> Void = { _ in }
    ) {
        self.round = round
        self.order = order
        self.state = state
        self.isRepeat = isRepeat
        self.files = files
        self.isCancelled = isCancelled
        self.report = report
    }
}

/// A task's result, as a trainer gives it.
public struct LocalResult: Sendable {
    /// The tensors to send; nothing may change them from now on.
    public let update: StateDict
    /// What was measured. This worker's own log has all of it; the coordinator is told what the run's `Disclosure` leaves.
    public var metrics: ContributionMetrics
    /// Whether this worker's own noise is in it.
    public var isNoisy: Bool

    /// Creates a result.
    public init(update: StateDict, metrics: ContributionMetrics, isNoisy: Bool = false) {
        self.update = update
        self.metrics = metrics
        self.isNoisy = isNoisy
    }
}
