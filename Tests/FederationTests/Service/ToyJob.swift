import Foundation
import Synchronization
import Tensors
import Transports

@testable import Federation

/// A job of a few numbers: each task is a leaf, its result a term that depends on the state. All numbers are whole, so
/// that the outcome is exact whatever the order.
final class ToyJob: Job {
    private struct State {
        var round = 0
        var numbers = [Float](repeating: 1, count: ToyJob.width)
        var sums: [UInt64: [Float]] = [:]
    }

    static let width = 1_000
    let rounds: Int
    private let firstWorkers: Int
    private let tasks: UInt64
    private let state = Mutex(State())
    let disclosure: Disclosure
    /// What the state holds besides.
    private let extra: StateDict

    init(
        rounds: Int = 5, tasks: UInt64 = 4, minimumWorkers: Int = 1, disclosure: Disclosure = .everything,
        extra: StateDict = StateDict()
    ) {
        (self.rounds, self.tasks, firstWorkers) = (rounds, tasks, minimumWorkers)
        (self.disclosure, self.extra) = (disclosure, extra)
    }

    var round: Int { state.withLock { $0.round } }
    /// Any worker can do any task, so later rounds go on with whoever is there.
    var minimumWorkers: Int { round == 0 ? firstWorkers : 1 }
    var numbers: [Float] { state.withLock { $0.numbers } }

    func base() -> StateDict {
        StateDict([("numbers", Tensor(numbers, shape: [Self.width]))] + extra.entries.map { ($0.name, $0.tensor) })
    }
    func plan(for workers: [WorkerID]) -> RoundPlan { RoundPlan(tasks: (0..<tasks).map { PlannedTask(id: $0) }) }
    func order(for task: UInt64) -> WorkOrder { WorkOrder(work: withUnsafeBytes(of: task) { Data($0) }) }

    func add(_ contribution: Contribution) throws {
        guard let sum = contribution.update["sum"], contribution.update.count == 1, sum.shape == [Self.width],
            sum.dtype == .float32
        else { throw FederationError(.invalidUpdate, "not a sum of \(Self.width) numbers") }
        try state.withLock { state in
            guard state.sums.updateValue(sum.values, forKey: contribution.task) == nil else {
                throw FederationError(.corruptState, "task \(contribution.task) was added twice")
            }
        }
    }

    func commit() throws -> RoundReport {
        try state.withLock { state in
            guard state.sums.count == tasks else { throw FederationError(.corruptState, "\(state.sums.count) sums") }
            state.numbers = Self.next(state.numbers, Array(state.sums.values))
            state.sums = [:]
            state.round += 1
            return RoundReport(round: state.round - 1, loss: 0, contributions: Int(tasks), tokens: 0)
        }
    }

    func snapshot() -> [String: StateDict] { ["numbers": base()] }

    /// A task's result.
    static func term(_ task: UInt64, _ numbers: [Float]) -> [Float] {
        numbers.enumerated().map { (($1 + Float($0) + Float(task)) * 3).truncatingRemainder(dividingBy: 97) }
    }

    /// The numbers at the end, computed without anyone's help.
    var expected: [Float] {
        (0..<rounds).reduce([Float](repeating: 1, count: Self.width)) { numbers, _ in
            Self.next(numbers, (0..<tasks).map { Self.term($0, numbers) })
        }
    }

    private static func next(_ numbers: [Float], _ sums: [[Float]]) -> [Float] {
        numbers.indices.map { index in
            sums.reduce(numbers[index] * 5) { $0 + $1[index] }.truncatingRemainder(dividingBy: 1009)
        }
    }
}

/// Does the toy's tasks; or whatever a test wants done.
struct ToyTrainer: LocalTrainer {
    let basis = Data()
    var before: @Sendable (LocalWork) throws -> Void = { _ in }
    var stateByteLimit = 1 << 20

    func perform(_ work: LocalWork) throws -> LocalResult {
        try before(work)
        let task = work.order.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        let sum = ToyJob.term(task, work.state["numbers"]?.values ?? [])
        return LocalResult(update: StateDict([("sum", Tensor(sum, shape: [sum.count]))]), metrics: .init(seconds: 1))
    }
}
