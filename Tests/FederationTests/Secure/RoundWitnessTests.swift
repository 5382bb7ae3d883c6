import Foundation
import Privacy
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Federation

@Suite("What watches a worker", .ownThreads, .timeLimit(.minutes(5)))
struct RoundWitnessTests {
    /// Writes down what happens, and refuses what it is told to.
    final class Notes: RoundWitness {
        let refusesWork: Bool
        let refusesSending: Bool
        let works = Mutex<[OrderedWork]>([])
        let results = Mutex<[OutgoingResult]>([])

        init(refusesWork: Bool = false, refusesSending: Bool = false) {
            (self.refusesWork, self.refusesSending) = (refusesWork, refusesSending)
        }

        func willWork(_ work: OrderedWork, from state: StateDict) throws {
            #expect(state.contentDigest == work.state)
            if refusesWork { throw FederationError(.forbidden, "not this order") }
            works.withLock { $0.append(work) }
        }

        func willSend(_ result: OutgoingResult, of work: OrderedWork) throws {
            if refusesSending { throw FederationError(.forbidden, "not this result") }
            results.withLock { $0.append(result) }
        }

        /// The list of keys that a masked update went to; nil if none was sent.
        var roster: [WorkerIdentity]? {
            results.withLock { results in
                for case .masked(let roster) in results { return roster }
                return nil
            }
        }
    }

    @Test(
        "sees the same order as the other workers, the list of keys before the masked update, and the survivors before shares"
    )
    func masked() async throws {
        let run = try MaskedRun(workers: 3)
        run.served.start()
        let notes = (0..<3).map { _ in Notes() }
        let workers = try notes.enumerated().map { try run.worker("w\($0)", moves: 0.1, watchedBy: $1) }
        try await run.served.end()
        for worker in workers { #expect(try await worker.end().isOver) }
        let works = notes.map { $0.works.withLock { $0 } }
        #expect(works.allSatisfy { $0.count == 1 && $0 == works[0] })
        let work = try #require(works[0].first)
        #expect(work.run == "toy" && work.round == 0 && work.terms != nil && work.state.count == 32)
        let rosters = notes.compactMap(\.roster)
        #expect(rosters.count == 3 && Set(rosters).count == 1 && rosters[0].count == 3)
        let shares = notes.map { notes in
            notes.results.withLock { $0.compactMap { if case .shares(let sum) = $0 { sum } else { nil } } }
        }
        #expect(shares.count { !$0.isEmpty } >= 2 && shares.allSatisfy { $0.count <= 1 })
        for sum in shares.joined() { #expect(sum.workers == rosters[0] && sum.survivors == rosters[0]) }
    }

    @Test("sees the digest of an update that is not masked, and may end the worker's part before it is sent, or made")
    func plain() async throws {
        let watching = Notes()
        let run = try ServedRun(ToyJob(rounds: 1, tasks: 1))
        run.start()
        for (notes, reason) in [(Notes(refusesWork: true), "order"), (Notes(refusesSending: true), "result")] {
            let worker = try run.work(as: reason, watchedBy: notes)
            let error = await #expect(throws: FederationError.self) { try await worker.end() }
            #expect(error?.code == .forbidden && error?.message == "not this \(reason)")
            #expect(run.events.allSatisfy { if case .counted = $0 { false } else { true } })
        }
        let worker = try run.work(as: "watched", watchedBy: watching)
        try await run.end()
        #expect(try await worker.end().isOver)
        let results = watching.results.withLock { $0 }
        guard case .update(let digest)? = results.first, results.count == 1 else {
            Issue.record("\(results)")
            return
        }
        #expect(digest.count == 32)
    }

    @Test("may keep a masked update back: the worker leaves the run, and the others have their sum")
    func keptBack() async throws {
        let run = try MaskedRun(workers: 4)
        run.served.start()
        let careful = try run.worker("careful", moves: 9, watchedBy: Notes(refusesSending: true))
        let workers = try (1...3).map { try run.worker("w\($0)", moves: 0.1) }
        let error = await #expect(throws: FederationError.self) { try await careful.end() }
        #expect(error?.code == .forbidden)
        try await run.served.end()
        for worker in workers { #expect(try await worker.end().isOver) }
        #expect(abs(try run.moved() - 0.1) < 1e-5)
    }
}
