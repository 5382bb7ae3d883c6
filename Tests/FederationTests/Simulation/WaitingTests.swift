import Foundation
import Testing
import Transports

@testable import Federation

@Suite("A coordinator that was started again")
struct RestartedCoordinatorTests {
    private func federated(round: Int, minimum: Int = 3) -> ClientJob {
        ClientJob(disk: SimulatedDisk(round: round), rounds: 8, minimumWorkers: minimum, deadline: .seconds(30))
    }

    @Test("begins no round with fewer workers than the run file asks for", arguments: [0, 1, 4, 7])
    func minimum(round: Int) {
        let rounds = Rounds(federated(round: round))
        rounds.join(1...2)
        rounds.wait(.seconds(100))
        #expect(rounds.core.phase == .gathering)
        rounds.join(1...3)
        #expect(rounds.core.phase != .gathering)
    }

    @Test("takes a step with whoever is there, where the first has been taken", arguments: [(0, false), (1, true)])
    func steps(round: Int, begins: Bool) {
        let job = TreeJob(disk: SimulatedDisk(round: round), rounds: 3, leafCount: 4, minimumWorkers: 3)
        let rounds = Rounds(job, known: 1...3)
        rounds.join(1...1)
        #expect((rounds.core.phase != .gathering) == begins)
    }

    @Test("gives those of before a worker's patience to come back, whoever is there first")
    func knownWorkers() {
        let (complete, partial) = (
            Rounds(federated(round: 4), known: 1...4), Rounds(federated(round: 4), known: 1...4)
        )
        for rounds in [complete, partial] {
            rounds.wait(.zero)
            rounds.join(2...4)
            rounds.wait(.seconds(1))
            #expect(rounds.core.phase == .gathering)
        }
        complete.join(1...1)
        #expect(complete.core.phase == .open(since: .seconds(1)))
        partial.wait(.seconds(1))
        #expect(partial.core.phase == .open(since: .seconds(2)), "one that does not come keeps nobody for longer")
    }
}

@Suite("A run that waits for workers")
struct StallTests {
    private func stalls(_ rounds: Rounds) -> [Shortage] {
        rounds.core.takeEvents().compactMap { if case .stalled(let shortage) = $0 { shortage } else { nil } }
    }

    /// Lets workers wait for a while: those that are there ask for work all the time.
    private func wait(_ rounds: Rounds, seconds: Int, polling workers: ClosedRange<Int>) {
        for _ in 0..<seconds {
            for worker in workers { _ = rounds.poll(worker) }
            rounds.wait(.seconds(1))
        }
    }

    @Test("says whom it misses, ever more rarely, until they are there")
    func gathering() throws {
        let job = ClientJob(disk: SimulatedDisk(round: 4), rounds: 8, minimumWorkers: 3, deadline: .seconds(30))
        let rounds = Rounds(job, known: 1...3)
        rounds.join(1...2)
        rounds.leave(2)
        wait(rounds, seconds: 30, polling: 1...1)
        let told = stalls(rounds)
        #expect(told.map(\.isRepeated) == [false, true, true, true])
        let first = try #require(told.first)
        #expect(first.round == 4 && first.need == .workers(there: 1, needed: 3))
        #expect(first.missing == [.init(name: "w2", state: .left), .init(name: "w3", state: nil)])
        #expect(told.map(\.waited) == [2, 6, 14, 30].map { .seconds($0) })
        rounds.join(2...3)
        #expect(rounds.core.phase != .gathering)
        wait(rounds, seconds: 3, polling: 1...3)
        #expect(stalls(rounds).isEmpty)
    }

    @Test("says so where results are missing that nobody who is there can give, and not while somebody works on one")
    func results() throws {
        let job = ClientJob(rounds: 2, minimumWorkers: 3, deadline: .seconds(5))
        let rounds = Rounds(job)
        rounds.join(1...3)
        let tasks = try (1...3).map { try #require(rounds.poll($0)) }
        for worker in 1...2 { #expect(rounds.submit(worker, tasks[worker - 1]) == .counted) }
        for _ in 0..<20 {
            rounds.beat(3, tasks[2])
            wait(rounds, seconds: 1, polling: 1...2)
        }
        #expect(stalls(rounds).isEmpty, "worker 3 is late, and at work")
        wait(rounds, seconds: 6, polling: 1...2)
        let told = stalls(rounds)
        #expect(told.first?.need == .results(counted: 2, needed: 3))
        #expect(told.first?.missing == [.init(name: "w3", state: .silent)])
    }

    @Test("says so where a step's workers are all gone, and not before the run has begun")
    func steps() throws {
        let fresh = Rounds(TreeJob(rounds: 3, leafCount: 4, minimumWorkers: 2))
        fresh.join(1...1)
        wait(fresh, seconds: 20, polling: 1...1)
        #expect(stalls(fresh).isEmpty)
        let rounds = Rounds(TreeJob(rounds: 3, leafCount: 4))
        rounds.join(1...1)
        _ = try #require(rounds.poll(1))
        wait(rounds, seconds: 3, polling: 1...1)
        rounds.leave(1)
        for _ in 0..<4 { rounds.wait(.seconds(1)) }
        let told = stalls(rounds)
        #expect(told.count == 1 && told.first?.missing == [.init(name: "w1", state: .left)])
    }
}
