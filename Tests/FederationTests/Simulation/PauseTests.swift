import Testing

@testable import Federation

@Suite("A run that people steer")
struct PauseTests {
    private func client(rounds: Int = 3, deadline: Duration = .seconds(30)) -> Rounds {
        Rounds(
            ClientJob(disk: SimulatedDisk(round: 1), rounds: rounds, minimumWorkers: 2, deadline: deadline),
            patience: .seconds(60))
    }

    /// The coordinator commits what is due, as its server does.
    private func commit(_ rounds: Rounds) {
        rounds.core.didCommit(RoundReport(round: rounds.job.round, loss: 0, contributions: 2, tokens: 0))
    }

    private func paused(_ rounds: Rounds, _ isPaused: Bool = true) {
        rounds.core.setPaused(isPaused)
        rounds.wait(.zero)
    }

    @Test("begins no round while it is paused, and begins one as soon as it is resumed")
    func gathering() {
        let rounds = client()
        paused(rounds)
        rounds.join(1...2)
        #expect(rounds.poll(1) == nil && rounds.poll(2) == nil)
        rounds.wait(.seconds(3_600))
        #expect(rounds.core.phase == .gathering)
        rounds.join(1...2)
        paused(rounds, false)
        #expect(rounds.poll(1) != nil && rounds.poll(2) != nil)
        let events = rounds.core.takeEvents()
        #expect(events.filter { $0 == .paused }.count == 1 && events.filter { $0 == .resumed }.count == 1)
    }

    @Test("finishes the round that is open, with its leases and results, and then begins no other")
    func openRound() throws {
        let rounds = client()
        rounds.join(1...2)
        let tasks = try (1...2).map { try #require(rounds.poll($0)) }
        paused(rounds)
        #expect(rounds.beat(1, tasks[0]), "its task is still wanted")
        #expect(rounds.submit(1, tasks[0]) == .counted && rounds.submit(2, tasks[1]) == .counted)
        #expect(rounds.core.phase == .open(since: .zero))
        rounds.wait(.milliseconds(1))
        #expect(rounds.core.phase == .committing)
        commit(rounds)
        rounds.wait(.seconds(1))
        #expect(rounds.core.phase == .gathering && rounds.poll(1) == nil)
        paused(rounds, false)
        #expect(rounds.poll(1) != nil)
    }

    @Test("keeps to the quorum of an open round, however long it is paused")
    func quorum() throws {
        let rounds = client()
        rounds.join(1...2)
        let task = try #require(rounds.poll(1))
        #expect(rounds.submit(1, task) == .counted)
        paused(rounds)
        rounds.wait(.seconds(50))
        #expect(rounds.core.phase == .open(since: .zero))
    }

    @Test("says nothing of missing workers while it is paused, and does not end for lack of them")
    func stalls() throws {
        let rounds = client()
        rounds.join(1...3)
        let tasks = try (1...3).map { try #require(rounds.poll($0)) }
        for worker in 1...3 { #expect(rounds.submit(worker, tasks[worker - 1]) == .counted) }
        rounds.wait(.milliseconds(1))
        paused(rounds)
        commit(rounds)
        for worker in 1...3 { rounds.leave(worker) }
        for _ in 0..<100 { rounds.wait(.seconds(60)) }
        #expect(rounds.core.shortage(at: rounds.now) == nil && rounds.core.phase == .gathering)
        paused(rounds, false)
        #expect(rounds.core.shortage(at: rounds.now) != nil)
    }

    @Test("gives an open round more time, and needs as many results as before")
    func extending() throws {
        let rounds = client()
        rounds.join(1...3)
        let tasks = try (1...3).map { try #require(rounds.poll($0)) }
        #expect(rounds.submit(1, tasks[0]) == .counted && rounds.submit(2, tasks[1]) == .counted)
        rounds.wait(.seconds(20))
        let minimum = rounds.core.plan.minimum
        #expect(try rounds.core.extendDeadline(by: .seconds(15), at: rounds.now) == .seconds(25))
        #expect(rounds.core.plan.minimum == minimum)
        _ = rounds.beat(3, tasks[2])
        rounds.wait(.seconds(15))
        #expect(rounds.core.phase == .open(since: .zero), "35 of 45 s have passed")
        rounds.wait(.seconds(11))
        #expect(rounds.core.phase == .committing)
        #expect(throws: FederationError.self) { try rounds.core.extendDeadline(by: .seconds(15), at: rounds.now) }
    }

    @Test("has no deadline to extend between rounds, and where the run file sets none")
    func nothingToExtend() throws {
        let (idle, tree) = (client(), Rounds(TreeJob(rounds: 3, leafCount: 4, minimumWorkers: 1)))
        tree.join(1...1)
        _ = try #require(tree.poll(1))
        for (rounds, words) in [(idle, "no round is open"), (tree, "sets no federation.round_deadline")] {
            let error = #expect(throws: FederationError.self) {
                try rounds.core.extendDeadline(by: .seconds(1), at: rounds.now)
            }
            #expect(error?.message.contains(words) == true)
        }
    }
}
