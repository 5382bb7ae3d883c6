import Crypto
import Foundation
import Testing

@testable import Privacy

/// What a worker signs that no honest one signs is evidence against it, and the round goes on without it.
@Suite struct EvidenceTests {
    private let others = [1, 2, 3, 4]

    private func signed(_ kind: MessageKind, _ body: Data, by worker: Int, in round: TestRound) throws -> Data {
        let roster = try #require(round.server.session?.roster)
        return try SignedMessage(kind, body: body, key: round.keys[worker], scope: roster.scope).bytes(round: 7)
    }

    private func culprits(_ round: inout TestRound, _ message: Data) -> [WorkerIdentity]? {
        failure { try round.server.receive(message) }?.culprits
    }

    @Test("Shares of another length, and two sets of shares")
    func shares() throws {
        var round = try TestRound(workers: 5)
        let vectors = round.vectors()
        try round.advertise([0] + others)
        let liar = [round.workers[0].identity]
        let short = try signed(.shares, Data(count: 5), by: 0, in: round)
        #expect(culprits(&round, short) == liar)
        let answer = try #require(try round.answers(of: [0]).first)
        try round.server.receive(answer)
        let second = try round.shares(of: 0) { _ in .garbage }
        #expect(culprits(&round, second) == liar)
        try round.share(others)
        try round.send(vectors, of: others)
        try round.consent(others)
        #expect(try round.reveal(others).elements == round.sum(vectors, of: others))
    }

    @Test("An opening that was not committed to")
    func opening() throws {
        var round = try TestRound(
            workers: 18, threshold: 0.55, drawing: GraphRule(completeWorkers: 16, degree: 14))
        for worker in round.workers { try round.server.receive(worker.advertisement) }
        try round.server.advance()
        let lie = try signed(.opening, Data(count: 32), by: 0, in: round)
        #expect(culprits(&round, lie) == [round.workers[0].identity])
        // Without it the attempt ends, and says who is missing.
        for answer in try round.answers(of: Array(1..<18)) { try round.server.receive(answer) }
        let error = try #require(failure { try round.server.advance() })
        #expect(error.code == .belowThreshold && error.absent == [round.workers[0].identity])
    }

    @Test("Two vectors, a vector that is not masked with those that shared, and complaints of who dealt it nothing")
    func vectors() throws {
        var round = try TestRound(workers: 5)
        let vectors = round.vectors()
        try round.advertise([0] + others)
        try round.share([0] + others)
        _ = try round.answers(of: [0] + others)
        var twin = round.workers[0]
        let first = try round.workers[0].mask(vectors[0])
        let second = try twin.mask(vectors[1])
        let liar = [round.workers[0].identity]
        let input = try MaskedInput(
            SignedMessage(first.header, as: .maskedInput, round: 7).body, chunks: first.chunkCount)
        let place = try round.place(of: 0)
        let lies = [
            MaskedInput(digests: input.digests, pledge: Data(count: 64)),
            MaskedInput(digests: input.digests, pledge: input.pledge, unopened: [place]),
            MaskedInput(digests: input.digests, pledge: input.pledge, unopened: [77]),
            MaskedInput(digests: input.digests + input.digests, pledge: input.pledge),
        ]
        for lie in lies {
            let header = try signed(.maskedInput, lie.body, by: 0, in: round)
            #expect(failure { try round.server.fold(header) { first.chunk($0) } }?.culprits == liar)
        }
        try round.server.fold(first.header) { first.chunk($0) }
        #expect(failure { try round.server.fold(second.header) { second.chunk($0) } }?.culprits == liar)
        try round.fold(vectors, of: others)
        #expect(try round.finish().elements == round.sum(vectors, of: [0] + others))
    }

    @Test("A signature of other survivors, a share that nobody dealt, a false seed, too few bytes")
    func reveals() throws {
        var round = try TestRound(workers: 5)
        let vectors = round.vectors()
        let all = [0] + others
        try round.advertise(all)
        try round.share(all)
        try round.send(vectors, of: all)
        let liar = [round.workers[0].identity]
        let three = try signed(.consent, SurvivorSet([0, 1, 2], of: 5).bytes, by: 0, in: round)
        #expect(culprits(&round, three) == liar)
        try round.consent(all)
        let honest = try #require(try round.answers(of: [0]).first)
        let body = try SignedMessage(honest, as: .reveal, round: 7).body
        for lie in [body.flipped(at: 3), body.flipped(at: body.count - 1), Data(body.dropLast()), Data()] {
            let message = try signed(.reveal, lie, by: 0, in: round)
            #expect(culprits(&round, message) == liar)
        }
        #expect(try round.reveal(others).elements == round.sum(vectors, of: all))
    }

    @Test("What was changed on the way, or comes too late, is evidence against nobody")
    func noEvidence() throws {
        var round = try TestRound(workers: 5)
        try round.advertise([0] + others)
        let answer = try #require(try round.answers(of: [0]).first)
        #expect(culprits(&round, answer.flipped(at: 60)) == [])
        try round.share([0] + others)
        #expect(culprits(&round, answer) == [])
        #expect(culprits(&round, Data(answer.dropLast())) == [])
    }

    @Test(
        "Silence is named in every stage, and is no evidence",
        arguments: [SecureAggregationServer.Stage.shares, .inputs])
    func silence(stage: SecureAggregationServer.Stage) throws {
        var round = try TestRound(workers: 5, fewest: 4)
        let vectors = round.vectors()
        let error = try #require(failure { _ = try round.play(vectors, losing: [0: stage, 3: stage]) })
        #expect(error.code == .belowThreshold && error.culprits.isEmpty)
        #expect(Set(error.absent) == [round.workers[0].identity, round.workers[3].identity])
    }
}
