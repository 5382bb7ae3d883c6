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

    @Test("for silence that ended an exchange miss 1, 2, 4, … rounds, until they have taken part to the end")
    func silence() {
        let rounds = rounds(workers: 2)
        rounds.join(1...4)
        for missed in [1, 2, 4] {
            rounds.core.take(findings { $0.missed = [id(4)] }, at: rounds.now)
            #expect(rounds.core.takingPart == [1, 2, 3].map { id($0) }.sorted())
            for _ in 1...missed {
                #expect(rounds.core.takingPart.count == 3)
                rounds.core.absences.didCommit()
            }
            #expect(rounds.core.takingPart.count == 4)
        }
        rounds.core.take(findings { $0.faithful = [id(4)] }, at: rounds.now)
        rounds.core.take(findings { $0.late = [id(4)] }, at: rounds.now)
        #expect(rounds.core.takingPart.count == 4, "one delay is forgiven")
        rounds.core.take(findings { $0.late = [id(4)] }, at: rounds.now)
        #expect(rounds.core.takingPart.count == 3, "two in a row are not")
        let spans = rounds.core.takeEvents().compactMap { if case .leftOut(_, let rounds) = $0 { rounds } else { nil } }
        #expect(spans == [1, 2, 4, 1])
    }

    @Test("take part all the same where too few would remain")
    func needed() {
        let rounds = rounds(workers: 4)
        rounds.join(1...4)
        rounds.core.take(findings { $0.missed = [id(4)] }, at: rounds.now)
        #expect(rounds.core.takingPart.count == 4)
        #expect(!rounds.core.takeEvents().contains { if case .leftOut = $0 { true } else { false } })
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
