import Foundation
import SwiftProtobuf
import Testing
import Transports

@testable import Federation

@Suite("A coordinator")
struct CoordinatorRuleTests {
    private func tree(_ leaves: Int, workers: Int) -> TreeJob {
        TreeJob(rounds: 3, leafCount: leaves, minimumWorkers: workers)
    }

    @Test("waits for the workers that a run must begin with")
    func gathering() {
        let rounds = Rounds(tree(4, workers: 2))
        rounds.join(1...1)
        #expect(rounds.poll(1) == nil)
        rounds.join(2...2)
        #expect(rounds.poll(1) != nil)
    }

    @Test("gives a silent worker's task to another, and takes its late result for nothing")
    func silence() throws {
        let rounds = Rounds(tree(4, workers: 2))
        rounds.join(1...2)
        let (first, second) = (try #require(rounds.poll(1)), try #require(rounds.poll(2)))
        // Tasks take long here, so that nothing is given out twice for being late.
        for _ in 0..<20 {
            rounds.wait(.seconds(1))
            rounds.beat(1, first)
            rounds.beat(2, second)
        }
        #expect(rounds.submit(2, second) == .counted)
        #expect(rounds.poll(2) == nil)
        rounds.wait(.seconds(3))
        #expect(rounds.state(1) == .silent)
        #expect(rounds.poll(2) == first)
        #expect(rounds.submit(2, first) == .counted)
        #expect(rounds.submit(1, first) == .late)
        #expect(rounds.core.members[SimulatedWorker.id(1)]?.late == 1)
    }

    @Test("counts a result once, however often it comes")
    func repetition() throws {
        let rounds = Rounds(tree(4, workers: 2))
        rounds.join(1...2)
        let task = try #require(rounds.poll(1))
        #expect(rounds.submit(1, task) == .counted)
        #expect(rounds.submit(1, task) == .counted)
        #expect(rounds.submit(2, task) == .late)
        #expect(rounds.core.takeEvents().count { if case .counted = $0 { true } else { false } } == 1)
    }

    @Test("takes the result of one whose lease ran out, if it comes first")
    func revival() throws {
        let rounds = Rounds(tree(2, workers: 1))
        rounds.join(1...1)
        let task = try #require(rounds.poll(1))
        rounds.wait(.seconds(10))
        #expect(rounds.state(1) == .silent)
        #expect(rounds.submit(1, task) == .counted)
    }

    @Test("takes nothing of another round, another state, or a task that there is not")
    func strangeTasks() throws {
        let rounds = Rounds(tree(4, workers: 1))
        rounds.join(1...1)
        let task = try #require(rounds.poll(1))
        var others = [task, task, task]
        others[0].round += 1
        others[1].base = Data(count: 32)
        others[2].id = 77
        for other in others { #expect(rounds.submit(1, other) == .late) }
        #expect(rounds.submit(1, task) == .counted)
    }

    @Test("gives out again what takes far longer than usual, so that nobody holds a task by saying so")
    func idlers() throws {
        let rounds = Rounds(tree(1, workers: 2))
        rounds.join(1...2)
        let task = try #require(rounds.poll(1))
        #expect(rounds.poll(2) == nil)
        for _ in 0..<3 {
            rounds.wait(.seconds(1))
            #expect(rounds.beat(1, task))
        }
        #expect(rounds.poll(2) == task)
        #expect(rounds.submit(2, task) == .counted)
        #expect(!rounds.beat(1, task))
    }

    @Test("shuts a worker out after three refusals in a row, and after three failures", arguments: [true, false])
    func strikes(isFailure: Bool) throws {
        let rounds = Rounds(tree(4, workers: 4))
        rounds.join(1...4)
        for _ in 0..<3 {
            #expect(rounds.state(1) != .excluded)
            let task = try #require(rounds.poll(1))
            if isFailure { rounds.report(1, task) } else { #expect(rounds.submit(1, task, .invalid("x")) == .refused) }
        }
        #expect(rounds.state(1) == .excluded)
        #expect(rounds.poll(1) == nil)
        let task = try #require(rounds.poll(2))
        #expect(rounds.submit(1, task) == .unknown)
        #expect(rounds.submit(2, task) == .counted)
    }

    @Test(
        "lets one that could not do its tasks come again after a while, and one whose results were refused not",
        arguments: [true, false])
    func comingAgain(isFailure: Bool) throws {
        let rounds = Rounds(tree(8, workers: 4))
        rounds.join(1...4)
        for _ in 0..<3 {
            let task = try #require(rounds.poll(1))
            if isFailure { rounds.report(1, task) } else { _ = rounds.submit(1, task, .invalid("x")) }
        }
        rounds.join(1...1)
        #expect(rounds.state(1) == .excluded, "its link makes a new session at once")
        rounds.wait(.seconds(8))
        rounds.join(1...1)
        let expected: Member.State = isFailure ? .idle : .excluded
        #expect(rounds.state(1) == expected)
    }

    @Test("forgets refusals when a result counts")
    func pardon() throws {
        let rounds = Rounds(tree(4, workers: 4))
        rounds.join(1...4)
        let findings: [Coordinator<Int>.Finding] = [.invalid("x"), .taken(.init()), .invalid("x"), .invalid("x")]
        for finding in findings { _ = rounds.submit(1, try #require(rounds.poll(1)), finding) }
        #expect(rounds.state(1) == .idle)
    }

    @Test("lets another worker do again what is not finite, and counts it against whoever is proven wrong")
    func notFinite() throws {
        let rounds = Rounds(tree(4, workers: 4))
        rounds.join(1...4)
        let refused = try (0..<3).map { _ in
            let task = try #require(rounds.poll(1))
            #expect(rounds.submit(1, task, .notFinite) == .refused)
            return task
        }
        for task in refused {
            #expect(rounds.state(1) != .excluded)
            #expect(rounds.poll(2) == task, "worker 1 does not get it again")
            #expect(rounds.submit(2, task) == .counted)
        }
        #expect(rounds.state(1) == .excluded)
    }

    @Test("ends a run in which nobody's results are finite, but not while one may be expected back")
    func divergence() throws {
        let rounds = Rounds(tree(1, workers: 2))
        rounds.join(1...2)
        let task = try #require(rounds.poll(1))
        rounds.wait(.seconds(10))
        #expect(rounds.submit(1, task, .notFinite) == .refused)
        rounds.wait(.seconds(9))
        #expect(rounds.state(2) == .silent)
        guard case .open = rounds.core.phase else { return #expect(Bool(false), "\(rounds.core.phase)") }
        _ = rounds.poll(1)
        rounds.wait(.seconds(1.5))
        let phase = rounds.core.phase
        #expect(phase == .failed(rounds.job.divergence))
    }

    @Test("ends a run whose workers are all shut out, but not while one is away, nor before they may come again")
    func hopelessness() throws {
        let (left, waiting) = (Rounds(tree(4, workers: 4)), Rounds(tree(4, workers: 4)))
        for (rounds, failing) in [(left, 1...4), (waiting, 1...3)] {
            rounds.join(1...4)
            for worker in failing { for _ in 0..<3 { rounds.report(worker, try #require(rounds.poll(worker))) } }
            rounds.wait(.seconds(11))
            #expect(rounds.core.phase == .open(since: .zero))
            rounds.wait(.seconds(2))
        }
        guard case .failed(let reason) = left.core.phase else { return #expect(Bool(false), "\(left.core.phase)") }
        #expect(reason.contains("every worker that has come is shut out, w4 as the last: it could not do 3 tasks"))
        #expect(waiting.core.phase == .open(since: .zero))
    }

    @Test("lets workers go whose budgets are spent, and ends with the rounds that are done when too few are left")
    func spentBudgets() throws {
        let rounds = Rounds(
            ClientJob(disk: SimulatedDisk(round: 1), rounds: 5, minimumWorkers: 2, deadline: .seconds(30)))
        rounds.join(1...3)
        let tasks = try (1...3).map { try #require(rounds.poll($0)) }
        rounds.report(1, tasks[0], WireFailure.spentBudget)
        rounds.join(1...1)
        #expect(rounds.state(1) == .left && rounds.poll(1) == nil, "it has no more to give in this run")
        rounds.report(2, tasks[1], WireFailure.spentBudget)
        rounds.wait(.seconds(7))
        #expect(rounds.core.phase == .open(since: .zero), "after a restart others may come still")
        rounds.wait(.seconds(2))
        #expect(rounds.core.phase == .finished)
        let ends = rounds.core.takeEvents().compactMap { event -> String? in
            if case .endedEarly(1, let reason) = event { reason } else { nil }
        }
        #expect(ends == ["the privacy budgets of 2 workers are spent, and a round needs 2, of whom 1 is left"])
    }

    @Test("fails where no budget allows a first round, and takes that for no excuse where workers have none")
    func missingBudgets() throws {
        let rounds = Rounds(ClientJob(rounds: 5, minimumWorkers: 2, deadline: .seconds(30)))
        rounds.join(1...2)
        rounds.report(1, try #require(rounds.poll(1)), WireFailure.spentBudget)
        rounds.wait(.zero)
        guard case .failed = rounds.core.phase else { return #expect(Bool(false), "\(rounds.core.phase)") }
        let others = Rounds(tree(4, workers: 4))
        others.join(1...4)
        for _ in 0..<3 { others.report(1, try #require(others.poll(1)), WireFailure.spentBudget) }
        #expect(others.state(1) == .excluded)
    }

    @Test("commits a federated round when all that can come is in, at the deadline with enough, and never with fewer")
    func minimum() throws {
        let rounds = Rounds(ClientJob(rounds: 2, minimumWorkers: 2, deadline: .seconds(30)), patience: .seconds(60))
        rounds.join(1...3)
        let tasks = try (1...3).map { try #require(rounds.poll($0)) }
        #expect(Set(tasks.map(\.id)).count == 3)
        #expect(rounds.submit(2, tasks[0]) == .late, "the data of the task is another's")
        #expect(rounds.submit(1, tasks[0]) == .counted)
        rounds.wait(.seconds(31))
        #expect(rounds.core.phase == .open(since: .zero))
        #expect(rounds.submit(2, tasks[1]) == .counted)
        rounds.wait(.seconds(1))
        #expect(rounds.core.phase == .committing)
        #expect(rounds.submit(3, tasks[2]) == .late)
    }

    @Test("asks workers that come later where too few of those that a round was planned for are left")
    func latecomers() throws {
        let rounds = Rounds(
            ClientJob(disk: SimulatedDisk(round: 1), rounds: 2, minimumWorkers: 2, deadline: .seconds(9)))
        rounds.join(1...2)
        rounds.leave(2)
        let task = try #require(rounds.poll(1))
        #expect(rounds.submit(1, task) == .counted)
        rounds.wait(.milliseconds(1))
        #expect(rounds.core.phase == .open(since: .zero))
        rounds.join(3...3)
        let other = try #require(rounds.poll(3))
        #expect(rounds.submit(3, other) == .counted)
        rounds.wait(.milliseconds(1))
        #expect(rounds.core.phase == .committing)
    }
}
