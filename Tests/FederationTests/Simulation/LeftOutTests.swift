import Foundation
import Privacy
import SwiftProtobuf
import Testing
import Transports

@testable import Federation

@Suite("Workers that are left out")
struct LeftOutTests {
    private func rounds(workers: Int) -> Rounds { Rounds(TreeJob(rounds: 3, leafCount: 4, minimumWorkers: workers)) }

    private func findings(_ change: (inout ExchangeFindings) -> Void) -> ExchangeFindings {
        var findings = ExchangeFindings()
        change(&findings)
        return findings
    }

    private func id(_ worker: Int) -> WorkerID { SimulatedWorker.id(worker) }

    @Test("for a proven breach stay out, and hear why, under another identity with the same signing key too")
    func barred() throws {
        let rounds = rounds(workers: 2)
        let key = Data(repeating: 7, count: 32)
        rounds.join(1...2)
        let hello = WireHello.with {
            $0.name = "w3"
            $0.signingKey = key
        }
        rounds.core.join(id(3), hello, at: rounds.now)
        let lie = ExchangeFindings.Breach(identity: try WorkerIdentity(bytes: key), reason: "it lied")
        // Before it is found out, and after, it says that another's key is its own: that is nobody's fault but its own.
        let other = Data(repeating: 8, count: 32)
        let claim = WireHello.with {
            $0.name = "w3"
            $0.signingKey = other
        }
        rounds.core.join(id(3), claim, at: rounds.now)
        rounds.core.take(findings { $0.misconduct[id(3)] = lie }, at: rounds.now)
        #expect(rounds.state(3) == .excluded)
        rounds.core.join(id(3), claim, at: rounds.now)
        rounds.core.join(id(4), hello, at: rounds.now)
        rounds.core.join(id(5), claim, at: rounds.now)
        #expect(rounds.state(5) == .idle)
        #expect(rounds.state(3) == .excluded && rounds.state(4) == .excluded && rounds.state(1) != .excluded)
        for worker in [3, 4] {
            let outcome = rounds.core.handle(.with { $0.poll = .init() }, from: id(worker), worker, at: rounds.now)
            guard case .reply(let reply) = outcome else {
                Issue.record("worker \(worker) gets no answer")
                continue
            }
            #expect(reply.problem.reason == "this worker may not take part any more: it lied")
        }
        let barred = rounds.core.takeEvents().compactMap { if case .barred(let member, _) = $0 { member } else { nil } }
        #expect(barred.map(\.signingKey) == [key])
    }

    @Test("stay out when another coordinator goes on with the run")
    func restart() {
        var list = BarredWorkers()
        list.add(id(1), signingKey: Data(), reason: "it lied")
        let job = TreeJob(rounds: 3, leafCount: 4, minimumWorkers: 1)
        var core = Coordinator<Int>(job: job, timing: Timing(), barred: list)
        for worker in 1...2 { core.join(id(worker), .with { $0.name = "w" }, at: .zero) }
        #expect(core.members[id(1)]?.state == .excluded && core.members[id(2)]?.state == .idle)
    }

    @Test("for silence that ended an exchange miss 1, 2, 4, … rounds, and half as many after four good rounds each")
    func silence() {
        let rounds = rounds(workers: 2)
        rounds.join(1...4)
        for missed in [1, 2, 4] {
            rounds.core.take(findings { $0.missed = [id(4)] }, at: rounds.now)
            #expect(rounds.core.takingPart(at: rounds.now) == [1, 2, 3].map { id($0) }.sorted())
            for _ in 1...missed {
                #expect(rounds.core.takingPart(at: rounds.now).count == 3)
                rounds.core.absences.didCommit()
            }
            #expect(rounds.core.takingPart(at: rounds.now).count == 4)
        }
        for faithful in [15, 32] {
            for _ in 1...faithful { rounds.core.take(findings { $0.faithful = [id(4)] }, at: rounds.now) }
            rounds.core.take(findings { $0.missed = [id(4)] }, at: rounds.now)
        }
        let spans = rounds.core.takeEvents().compactMap { if case .leftOut(_, let rounds) = $0 { rounds } else { nil } }
        #expect(spans == [1, 2, 4, 8, 8])
    }

    @Test("for holding exchanges up: one delay is forgiven, and neither two in a row nor every other one")
    func delays() {
        let rounds = rounds(workers: 2)
        rounds.join(1...4)
        let late = findings { $0.late = [id(4)] }
        let good = findings { $0.faithful = [id(4)] }
        func spans() -> [Int] {
            rounds.core.takeEvents().compactMap { if case .leftOut(_, let rounds) = $0 { rounds } else { nil } }
        }
        for found in [late, good, good, late, good, good] { rounds.core.take(found, at: rounds.now) }
        #expect(spans().isEmpty)
        for found in [late, late] { rounds.core.take(found, at: rounds.now) }
        #expect(spans() == [1])
        var alternating = Absences()
        let missed = (0..<12).map { _ -> Int in
            defer { alternating.answered(id(4)) }
            return alternating.failed(id(4), endedExchange: false, at: .zero, patience: .seconds(2))
        }
        #expect(missed == [0, 1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64])
    }

    @Test("are waited for where too few would remain, and asked again after a while: one silent worker fails no run")
    func needed() throws {
        let job = ClientJob(disk: SimulatedDisk(round: 1), rounds: 8, minimumWorkers: 3, deadline: .seconds(30))
        let run = Rounds(job)
        run.join(1...3)
        for loss in 0..<8 {
            run.core.take(findings { $0.missed = [id(3)] }, at: run.now)
            run.core.lose("shares of worker 3 are missing")
            #expect(run.core.phase == .gathering && !run.core.wantsRound(at: run.now))
            let pause = Duration.seconds(2) * (1 << min(loss, 6))
            let shortage = try #require(run.core.shortage(at: run.now))
            #expect(shortage.need == .workers(there: 2, needed: 3))
            #expect(shortage.missing == [.init(name: "w3", state: .idle, reason: "did not answer in an exchange")])
            run.now += pause - .milliseconds(1)
            #expect(!run.core.wantsRound(at: run.now))
            run.now += .milliseconds(1)
            #expect(run.core.wantsRound(at: run.now))
        }
        run.core.take(findings { $0.missed = [id(3)] }, at: run.now)
        run.core.lose("shares of worker 3 are missing")
        run.join(4...4)
        #expect(run.core.phase == .open(since: run.now), "another worker takes its place at once")
    }

    @Test("are none where nobody answers: that is no worker's own silence")
    func allSilent() {
        let rounds = rounds(workers: 2)
        rounds.join(1...2)
        for _ in 1...5 {
            rounds.core.take(findings { $0.missed = [id(1), id(2)] }, at: rounds.now)
            rounds.core.lose("nobody answers")
        }
        guard case .failed = rounds.core.phase else {
            Issue.record("the run goes on")
            return
        }
    }

    @Test("are not those that others do not accept, however often a round is lost for it")
    func distrusted() {
        let rounds = rounds(workers: 2)
        rounds.join(1...3)
        for _ in 1...9 {
            let found = findings {
                $0.distrusted = [id(3): "unknown"]
                $0.lacksTrust = true
                $0.missed = [id(3)]
            }
            rounds.core.take(found, at: rounds.now)
            rounds.core.lose("too few accept one another")
            #expect(rounds.core.phase == .gathering && !rounds.core.wantsRound(at: rounds.now))
            #expect(!rounds.core.absences.isLeftOut(id(3)))
        }
        let told = rounds.core.takeEvents().count { if case .distrusted = $0 { true } else { false } }
        #expect(told == 1, "what is known is not told again")
        rounds.core.join(id(4), .with { $0.name = "w4" }, at: rounds.now)
        #expect(rounds.core.wantsRound(at: rounds.now))
    }

    @Test("for disputes are the liars alone: an honest worker that was lost once stays in")
    func disputes() {
        var disputes = Disputes()
        // Worker 9 complains of whoever is lost.
        #expect(disputes.take(dealer: id(1), holders: [id(9)], mostLiars: 1).isEmpty)
        for victim in 2...5 {
            #expect(disputes.take(dealer: id(victim), holders: [id(9)], mostLiars: 1) == [id(9)])
        }
        // Worker 8 deals badly to one after the other, and goes away each time.
        #expect(disputes.take(dealer: id(8), holders: [id(6)], mostLiars: 1).isEmpty)
        #expect(disputes.take(dealer: id(8), holders: [id(7)], mostLiars: 1) == [id(8)])
        // A pair that goes on costs both; with two liars it takes three opponents.
        var pair = Disputes()
        #expect(pair.take(dealer: id(1), holders: [id(2), id(3)], mostLiars: 2).isEmpty)
        #expect(pair.take(dealer: id(1), holders: [id(2)], mostLiars: 2) == [id(1), id(2)])
        #expect(pair.take(dealer: id(1), holders: [id(4)], mostLiars: 2) == [id(1)])
    }

    @Test("for a complaint that cost the sum are none at first, and such losses end no run")
    func disputedLoss() {
        let rounds = rounds(workers: 2)
        rounds.join(1...4)
        for loss in 1...9 {
            rounds.core.take(findings { $0.disputes = [id(4): [id(1)]] }, at: rounds.now)
            rounds.core.lose("worker 4 is lost, and worker 1 complains of it")
            #expect(rounds.core.phase == .gathering)
            #expect(rounds.core.absences.isLeftOut(id(4)) == (loss > 1))
            #expect(rounds.core.absences.isLeftOut(id(1)) == (loss > 1))
        }
    }

    @Test("have one signing key each, also when another coordinator goes on with the run")
    func signingKeys() {
        let keys = [7, 8].map { Data(repeating: $0, count: 32) }
        let hellos = keys.map { key in
            WireHello.with {
                $0.name = "w"
                $0.signingKey = key
            }
        }
        let job = TreeJob(rounds: 3, leafCount: 4, minimumWorkers: 1)
        let runs: [[WorkerID: Data]] = [[:], [id(1): keys[0]]]
        for known in runs {
            var core = Coordinator<Int>(job: job, timing: Timing(), signingKeys: known)
            if known.isEmpty { #expect(core.join(id(1), hellos[0], at: .zero) == nil) }
            #expect(core.join(id(1), hellos[1], at: .zero)?.contains("with another signing key before") == true)
            #expect(core.members[id(1)]?.signingKey == (known.isEmpty ? keys[0] : nil))
            #expect(core.join(id(1), hellos[0], at: .zero) == nil && core.members[id(1)]?.state == .idle)
            #expect(core.join(id(2), hellos[1], at: .zero) == nil)
        }
    }

    @Test("explain lost rounds: only those that nobody was left out for end a run")
    func limit() throws {
        let rounds = rounds(workers: 2)
        rounds.join(1...9)
        for worker in 3...8 {
            let identity = try WorkerIdentity(bytes: Data(repeating: UInt8(worker), count: 32))
            rounds.core.take(
                findings { $0.misconduct[id(worker)] = .init(identity: identity, reason: "it lied") }, at: rounds.now)
            rounds.core.lose("shares of \(worker)")
            #expect(rounds.core.phase == .gathering)
        }
        for _ in 1...4 {
            rounds.core.lose("nobody knows")
            #expect(rounds.core.phase == .gathering)
        }
        rounds.core.lose("nobody knows")
        guard case .failed(let reason) = rounds.core.phase else {
            Issue.record("the run goes on")
            return
        }
        #expect(reason.hasPrefix("round 1 was lost 11 times in a row"), "\(reason)")
    }

    @Test("explain rounds that were given up, too")
    func givenUp() {
        var losses = RoundLosses()
        var goesOn: [Bool] = []
        for round in 1...25 {
            if round <= 20 { losses.explain() }
            goesOn.append(losses.giveUp())
            losses.didCommit(isEmpty: true)
        }
        #expect(goesOn == Array(repeating: true, count: 24) + [false])
    }
}
