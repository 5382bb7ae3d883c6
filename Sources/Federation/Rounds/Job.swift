public import Foundation
public import Privacy
public import Tensors
public import Transports

/// What a run's rounds consist of: the tasks, what to do with their results, and the state that they change.
///
/// The coordinator calls `plan`, `order` and the properties one at a time, and never while `commit` runs; `add` may be
/// called while others are added.
public protocol Job: AnyObject, Sendable {
    /// The round to do next, from 0.
    var round: Int { get }
    /// Rounds of the whole run.
    var rounds: Int { get }
    /// Workers that must be there before the next round, which is `round`, begins; whoever was restarted before it.
    var minimumWorkers: Int { get }
    /// Whether a round's result depends on which workers take part, because the data is theirs.
    var needsItsWorkers: Bool { get }

    /// The state that the round's tasks start from, as it is sent to workers.
    func base() throws -> StateDict
    /// The round's tasks, shared out over the workers that are there, in ascending order.
    func plan(for workers: [WorkerID]) throws -> RoundPlan
    /// Further tasks where too few results came in before the deadline; none by default.
    func moreTasks(for workers: [WorkerID]) throws -> [PlannedTask]
    /// What a worker needs to do a task.
    func order(for task: UInt64) throws -> WorkOrder
    /// What ends the run when nobody's results are finite.
    var divergence: String { get }
    /// Whether workers keep privacy budgets of their own, and leave when these are spent.
    var workersHaveBudgets: Bool { get }
    /// Makes the rounds that are done all of the run.
    func endEarly()
    /// What workers may tell besides updates; everything by default.
    var disclosure: Disclosure { get }
    /// Takes in a task's result, whose numbers are finite; each task's comes once.
    ///
    /// - Throws: `FederationError.invalidUpdate` if it cannot be one; the job is then as before.
    func add(_ contribution: Contribution) throws
    /// Applies what has come in and goes on to the next round.
    ///
    /// - Throws: what ends the run, such as a diverged loss.
    func commit() throws -> RoundReport
    /// What goes between the last result and `commit` under secure aggregation; none by default.
    var secureExchange: (any SecureExchange)? { get }
    /// Everything that the next round depends on, by name; the state as of `round`.
    func snapshot() throws -> [String: StateDict]
}

extension Job {
    /// Says what to look at.
    public var divergence: String {
        "round \(round): the results are not finite, whoever computes them: lower training.learning_rate"
    }
    /// Any worker can do any task.
    public var needsItsWorkers: Bool { false }
    /// They do not.
    public var workersHaveBudgets: Bool { false }
    /// Nothing: only a run with privacy budgets ends so.
    public func endEarly() {}
    /// Everything.
    public var disclosure: Disclosure { .everything }
    /// None.
    public func moreTasks(for workers: [WorkerID]) throws -> [PlannedTask] { [] }
    /// None.
    public var secureExchange: (any SecureExchange)? { nil }
}

/// What a worker needs to do a task, beside the state to start from.
public struct WorkOrder: Sendable {
    /// What to do: read by the trainer, opaque to the rest.
    public var work: Data
    /// Files that it needs, by the trainer's names for them.
    public var attachments: [Attachment]
    /// Files that the next round will need.
    public var ahead: [Attachment]
    /// How its result is masked, where it is.
    public var masking: MaskingTerms?

    /// Creates an order.
    public init(work: Data, attachments: [Attachment] = [], ahead: [Attachment] = []) {
        self.work = work
        self.attachments = attachments
        self.ahead = ahead
    }
}

/// A file that goes with an order: the trainer's name for it, and the blob that it is.
public struct Attachment: Hashable, Sendable {
    /// The trainer's name for it.
    public let name: Data
    /// The content's identifier, 32 bytes.
    public let blob: Data
    /// Bytes.
    public let size: Int

    /// Names a file.
    public init(name: Data, blob: Data, size: Int) {
        self.name = name
        self.blob = blob
        self.size = size
    }
}

/// A task's result.
public struct Contribution: Sendable {
    /// The task.
    public let task: UInt64
    /// Who sends it.
    public let worker: WorkerID
    /// The tensors; empty where there is nothing to send.
    public let update: StateDict
    /// What was measured on the way.
    public let metrics: ContributionMetrics
    /// Under secure aggregation, the worker's signing key and its keys for the round, in place of all else.
    public let advertisement: (identity: WorkerIdentity, message: Data)?
    /// The peers that the worker accepts in the exchange.
    public let trust: TrustedKeys

    /// Creates a contribution.
    public init(
        task: UInt64, worker: WorkerID, update: StateDict, metrics: ContributionMetrics,
        advertisement: (identity: WorkerIdentity, message: Data)? = nil, trust: TrustedKeys = .everyone
    ) {
        self.task = task
        self.worker = worker
        self.update = update
        self.metrics = metrics
        self.advertisement = advertisement
        self.trust = trust
    }
}

/// What a worker measured while doing a task.
public struct ContributionMetrics: Equatable, Sendable {
    /// The loss: a sum over tokens, or a mean, as the job's work says.
    public var loss: Double
    /// Rows worked through.
    public var examples: Int
    /// Tokens worked through.
    public var tokens: Int
    /// Tokens that counted for the loss.
    public var supervisedTokens: Int
    /// Time spent computing.
    public var seconds: Double
    /// Others, to be summed over workers.
    public var values: [String: Double]

    /// Creates a record.
    public init(
        loss: Double = 0, examples: Int = 0, tokens: Int = 0, supervisedTokens: Int = 0, seconds: Double = 0,
        values: [String: Double] = [:]
    ) {
        self.loss = loss
        self.examples = examples
        self.tokens = tokens
        self.supervisedTokens = supervisedTokens
        self.seconds = seconds
        self.values = values
    }
}

/// What became of a round.
public struct RoundReport: Equatable, Sendable {
    /// The round, from 0.
    public var round: Int
    /// Its loss, a mean over supervised tokens; nil where it may not be told.
    public var loss: Double?
    /// Results that it was made of.
    public var contributions: Int
    /// Tokens worked through.
    public var tokens: Int
    /// Others by name, as the run's log has them.
    public var values: [String: Double]
    /// The name in `values` of how many numbers of a masked sum were out of range: honest workers cannot have sent them.
    public static let outOfRange = "out_of_range"

    /// Whether the round has to be durable before the next one begins.
    public var isFinal = false

    /// Creates a report.
    public init(round: Int, loss: Double?, contributions: Int, tokens: Int, values: [String: Double] = [:]) {
        self.round = round
        self.loss = loss
        self.contributions = contributions
        self.tokens = tokens
        self.values = values
    }
}
