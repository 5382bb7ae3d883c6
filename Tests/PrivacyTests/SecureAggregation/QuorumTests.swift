import Foundation
import Testing

@testable import Privacy

/// Whoever has two lists of survivors signed opens both secrets of a worker that is in one of them alone.
@Suite("A quorum of a round")
struct QuorumTests {
    @Test("has more signers in common with another than may collude, whatever the threshold, and can be reached")
    func law() throws {
        for workers in 2...40 {
            for threshold in [0.51, 0.6, 0.67, 0.9, 1] {
                for colluders in 0..<workers {
                    let configuration = try SecureAggregationConfiguration(
                        run: "test", round: 1, elements: 4, bits: 24, fewestWorkers: 2, mostWorkers: workers,
                        threshold: threshold, colluders: colluders)
                    let quorum = configuration.quorum(of: workers)
                    #expect(2 * quorum - workers > colluders && quorum <= workers)
                    #expect(quorum >= configuration.limit.needed(of: workers))
                }
            }
        }
    }

    private func masked(colluders: Int) throws -> TestRound {
        var test = try TestRound(workers: 4, fewest: 3, threshold: 0.67, colluders: colluders)
        try test.advertise([0, 1, 2, 3])
        try test.share([0, 1, 2, 3])
        try test.send(test.vectors(), of: [0, 1, 2, 3])
        return test
    }

    /// A list of survivors as a worker gets it.
    private func list(_ members: [Int], to worker: Int, in test: TestRound) throws -> Data {
        let session = try #require(test.server.session)
        let places = try members.map { try #require(session.roster.place(of: test.workers[$0].identity)) }
        let place = try #require(session.roster.place(of: test.workers[worker].identity))
        let set = SurvivorSet(places, of: 4)
        let peers = session.roster.graph.neighbours(of: place).filter(set.contains)
        return SurvivorsNotice(survivors: set, pledges: peers.compactMap { session.pledges[$0] }).message(round: 7)
    }

    @Test("keeps two of four workers in league with the coordinator from a second list, which would open an update")
    func twoLists() throws {
        // At 0.67 three signatures would do: those of 0, 2 and 3 under the whole list, of 1, 2 and 3 under the one without 0.
        var test = try masked(colluders: 2)
        _ = try test.workers[0].answer(list([0, 1, 2, 3], to: 0, in: test))
        let second = try list([1, 2, 3], to: 1, in: test)
        #expect(code { _ = try test.workers[1].answer(second) } == .belowThreshold)
        // With nobody in league but the coordinator it is a list like any other: worker 0 was lost.
        var trusted = try masked(colluders: 0)
        let whole = try list([1, 2, 3], to: 1, in: trusted)
        _ = try trusted.workers[1].answer(whole)
    }

    @Test("needs more shares of a secret than colluders hold", arguments: [0, 1, 6, 7, 8])
    func shares(colluders: Int) throws {
        var test = try TestRound(workers: 10, threshold: 0.6, colluders: colluders)
        try test.advertise(Array(0..<10))
        let roster = try #require(test.server.session?.roster)
        #expect((0..<10).allSatisfy { roster.sharesNeeded(of: $0) == max(6, colluders + 1) })
        #expect(!roster.isOpen(to: colluders) && roster.isOpen(to: 9))
        // A round without losses still comes to its sum.
        let all = Array(0..<10)
        try test.share(all)
        let vectors = test.vectors()
        try test.send(vectors, of: all)
        try test.consent(all)
        for answer in try test.answers(of: all) { try test.server.receive(answer) }
        #expect(try test.server.finish().elements == test.sum(vectors, of: all))
    }

    @Test("is too small for a worker that counts on more colluders than the run does: it deals no shares")
    func ownColluders() throws {
        let test = try TestRound(workers: 4, fewest: 3, threshold: 0.67)
        for (colluders, isRefused) in [(1, false), (2, true), (3, true)] {
            var workers = try test.keys.map {
                try SecureAggregationWorker(
                    key: $0, configuration: test.configuration, trusted: nil, colluders: colluders)
            }
            let messages = try workers.map { try SignedMessage($0.advertisement, as: .advertisement, round: 7) }
                .sorted { $0.sender < $1.sender }
            let roster = Roster.message(messages, round: 7)
            let found = code { _ = try workers[0].answer(roster) }
            #expect(found == (isRefused ? .belowThreshold : nil))
        }
    }
}
