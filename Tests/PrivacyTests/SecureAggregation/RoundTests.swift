import Crypto
import Foundation
import Testing

@testable import Privacy

@Suite struct RoundTests {
    @Test(
        "The sum under masks is the plain sum exactly, for any size, width and number of workers",
        arguments: [
            (2, 1, 16), (3, 8, 17), (5, 37, 20), (8, 1000, 24), (4, 129, 31), (7, 20_000, 32),
        ])
    func exactSum(workers: Int, elements: Int, bits: Int) throws {
        var round = try TestRound(workers: workers, elements: elements, bits: bits)
        let vectors = round.vectors()
        let result = try round.play(vectors)
        #expect(result.elements == round.sum(vectors, of: vectors.indices))
        #expect(result.workers == round.workers.map(\.identity).sorted())
        #expect(round.server.stage == .finished)
    }

    private static let stages: [SecureAggregationServer.Stage] = [.keys, .shares, .inputs, .consents, .reveals]

    @Test("The sum is that of those whose vectors came, whichever one or two workers are lost, at whatever stages")
    func losses() throws {
        for first in Self.stages {
            for second in Self.stages + [.finished] {
                var round = try TestRound(workers: 5, elements: 5)
                let vectors = round.vectors()
                let lost = [1: first, 4: second]
                let result = try round.play(vectors, losing: lost)
                let summed = vectors.indices.filter { lost[$0].map { $0 > .inputs } ?? true }
                #expect(result.elements == round.sum(vectors, of: summed), "\(first), \(second)")
                #expect(Set(result.workers) == Set(summed.map { round.workers[$0].identity }))
            }
        }
    }

    @Test("Below the threshold the round ends with the stage and the numbers, and holds nothing any more")
    func belowThreshold() throws {
        for (stage, deed) in [
            (SecureAggregationServer.Stage.shares, "shared their secrets"), (.inputs, "sent their masked vectors"),
            (.consents, "signed the list of survivors"), (.reveals, "shares of worker"),
        ] {
            var round = try TestRound(workers: 5)
            let vectors = round.vectors()
            let error = #expect(throws: PrivacyError.self) {
                try round.play(vectors, losing: [0: stage, 1: stage, 2: stage])
            }
            #expect(error?.code == .belowThreshold)
            #expect(error?.message.contains(deed) == true, "\(error?.message ?? "")")
            #expect(round.server.stage == .failed)
            #expect(round.server.sum.isEmpty && round.server.session == nil)
            #expect(code { try round.server.advance() } == .wrongStage)
        }
    }

    @Test(
        "A sum of fewer than the fewest workers is not opened, though the threshold would let them",
        arguments: [SecureAggregationServer.Stage.shares, .inputs, .consents])
    func fewestWorkers(stage: SecureAggregationServer.Stage) throws {
        // Three of five are the threshold's.
        var round = try TestRound(workers: 5, fewest: 4)
        let vectors = round.vectors()
        var other = round
        let error = #expect(throws: PrivacyError.self) { try round.play(vectors, losing: [0: stage, 1: stage]) }
        #expect(error?.code == .belowThreshold && round.server.stage == .failed)
        let words = error?.message ?? ""
        #expect(words.contains("; 4 are needed (threshold 0.6, 4 at least)"), "\(words)")
        let summed = stage > .inputs ? Array(vectors.indices) : [1, 2, 3, 4]
        #expect(try other.play(vectors, losing: [0: stage]).elements == other.sum(vectors, of: summed))
    }

    @Test("Too few workers' keys end the round before anyone shares a secret")
    func tooFewKeys() throws {
        var round = try TestRound(workers: 5)
        #expect(code { try round.advertise([0]) } == .belowThreshold)
    }

    @Test("On a sparse graph each worker deals with its neighbours only, and losses are made good")
    func sparseGraph() throws {
        var round = try TestRound(
            workers: 18, elements: 9, threshold: 0.55, drawing: GraphRule(completeWorkers: 16, degree: 14))
        let vectors = round.vectors()
        let lost: [Int: SecureAggregationServer.Stage] = [3: .shares, 9: .inputs, 15: .reveals]
        let result = try round.play(vectors, losing: lost)
        #expect(result.elements == round.sum(vectors, of: vectors.indices.filter { ![3, 9].contains($0) }))
        let session = try #require(round.workers[0].session)
        #expect(session.roster.graph.neighbourhoods.contains { $0.count < 18 })
        #expect(Set(session.held.keys).isSubset(of: session.roster.graph.neighbourhoods[session.place]))
    }

    @Test("Weighted values come out as their weighted mean within one step of the encoding for each worker")
    func weightedMean() throws {
        let encoding = try FixedPoint(bits: 24, workers: 5, largestWeight: 20, clip: .value(1))
        var round = try TestRound(workers: 5, elements: 33, bits: 24)
        let weights = [1, 20, 7, 3, 11]
        let values = weights.map { weight in (0..<32).map { Float(sin(Double($0 * weight))) } }
        let vectors = try zip(values, weights).map { try encoding.encode($0, weight: $1) }
        let result = try round.play(vectors, losing: [2: .inputs])
        let mean = try encoding.decode(result.elements, workers: result.workers.count)
        #expect(mean.weight == 35)
        for index in 0..<32 {
            let expected = [0, 1, 3, 4].reduce(0.0) { $0 + Double(weights[$1]) * Double(values[$1][index]) } / 35
            #expect(abs(Double(mean.values[index]) - expected) < 4 / (encoding.scale * 35) + 1e-6)
        }
    }

    @Test("Every message can be sent again, and gets the same answer")
    func repetition() throws {
        var round = try TestRound(workers: 4)
        let vectors = round.vectors()
        let all = Array(round.workers.indices)
        for worker in all { try round.server.receive(round.workers[worker].advertisement) }
        try round.advertise(all)
        #expect(try round.answers(of: all) == round.answers(of: all))
        try round.server.receive(round.workers[0].advertisement)
        for answer in try round.answers(of: all) + round.answers(of: all) { try round.server.receive(answer) }
        try round.server.advance()
        _ = try round.answers(of: all)
        for worker in all + all where !round.workers[worker].hasMasked {
            let masked = try round.workers[worker].mask(vectors[worker])
            for _ in 0..<2 { try round.server.fold(masked.header) { masked.chunk($0) } }
        }
        try round.server.advance()
        for answer in try round.answers(of: all) + round.answers(of: all) { try round.server.receive(answer) }
        try round.server.advance()
        for answer in try round.answers(of: all) + round.answers(of: all) { try round.server.receive(answer) }
        #expect(round.server.canFinish)
        #expect(try round.server.finish().elements == round.sum(vectors, of: all))
    }

    @Test("The round can finish as soon as the shares suffice, and not before")
    func earliestFinish() throws {
        var round = try TestRound(workers: 5)
        let all = [0, 1, 2, 3, 4]
        try round.advertise(all)
        try round.share(all)
        try round.send(round.vectors(), of: all)
        try round.consent(all)
        for (count, answer) in try round.answers(of: all).enumerated() {
            #expect(round.server.canFinish == (count >= 3))
            try round.server.receive(answer)
        }
    }

    @Test("A masked vector that stops half way leaves the sum as it was")
    func halfAVector() throws {
        let elements = PackedElements.chunkElements + 40
        var round = try TestRound(workers: 3, elements: elements, bits: 20)
        let vectors = round.vectors()
        try round.advertise([0, 1, 2])
        try round.share([0, 1, 2])
        _ = try round.answers(of: [0, 1, 2])
        let lost = try round.workers[0].mask(vectors[0])
        struct Gone: Error {}
        #expect(throws: Gone.self) {
            try round.server.fold(lost.header) { if $0 == 1 { throw Gone() } else { return lost.chunk($0) } }
        }
        let wrong = code { try round.server.fold(lost.header) { lost.chunk($0).flipped(at: 5) } }
        #expect(wrong == .tampered)
        #expect(round.server.sum.allSatisfy { $0 & 0xfffff == 0 })
        #expect(round.server.answered.isEmpty)
        try round.send(vectors, of: [1, 2])
        try round.consent([1, 2])
        #expect(try round.reveal([1, 2]).elements == round.sum(vectors, of: [1, 2]))
    }

    @Test("A vector is masked once only")
    func masksOnce() throws {
        var round = try TestRound(workers: 3)
        let vectors = round.vectors()
        #expect(code { _ = try round.workers[0].mask(vectors[0]) } == .wrongStage)
        try round.advertise([0, 1, 2])
        try round.share([0, 1, 2])
        _ = try round.answers(of: [0])
        #expect(code { _ = try round.workers[0].mask([1, 2]) } == .invalidValue)
        _ = try round.workers[0].mask(vectors[0])
        #expect(code { _ = try round.workers[0].mask(vectors[1]) } == .wrongStage)
    }
}
