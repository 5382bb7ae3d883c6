import Crypto
import Foundation
import Testing

@testable import Privacy

@Suite struct SecrecyTests {
    @Test("A value planted in a worker's vector is in nothing that the coordinator is sent or holds")
    func canary() throws {
        let canary: UInt32 = 0x5ec_4e70
        var test = try TestRound(workers: 4, elements: 64, bits: 32)
        let all = [0, 1, 2, 3]
        let zero = [UInt32](repeating: 0, count: 64)
        let planted = [UInt32](repeating: canary, count: 64)
        let pattern = withUnsafeBytes(of: canary.littleEndian) { Data($0) }
        try test.advertise(all)
        var sent = try test.answers(of: all)
        try test.share(all)
        _ = try test.answers(of: all)
        for worker in all {
            let masked = try test.workers[worker].mask(worker == 2 ? planted : zero)
            sent += [masked.header, masked.chunk(0)]
            try test.server.fold(masked.header) { masked.chunk($0) }
            #expect(!test.server.sum.contains(canary))
        }
        try test.server.advance()
        sent += try test.answers(of: all)
        try test.consent(all)
        let reveals = try test.answers(of: all)
        for reveal in reveals { try test.server.receive(reveal) }
        for message in sent + reveals { #expect(message.range(of: pattern) == nil) }
        #expect(!test.server.sum.contains(canary))
        #expect(try test.server.finish().elements == planted)
    }

    @Test("What the coordinator holds does not grow with the vectors it has folded")
    func oneSum() throws {
        var test = try TestRound(workers: 5, elements: 1000)
        let all = [0, 1, 2, 3, 4]
        try test.advertise(all)
        try test.share(all)
        _ = try test.answers(of: all)
        let vectors = test.vectors()
        for worker in all {
            let masked = try test.workers[worker].mask(vectors[worker])
            try test.server.fold(masked.header) { masked.chunk($0) }
            #expect(test.server.sum.count == 1000)
            #expect(test.server.session?.folded.values.allSatisfy { $0.count == 32 } == true)
        }
        try test.server.advance()
        #expect(test.server.session?.shares.isEmpty == true)
    }

    @Test("A worker never reveals, over both possible sets of survivors, more than one kind of share")
    func oneKind() throws {
        for isLost in [false, true] {
            var test = try TestRound(workers: 4)
            let all = [0, 1, 2, 3]
            let present = isLost ? [0, 1, 2] : all
            try test.advertise(all)
            try test.share(all)
            try test.send(test.vectors(), of: present)
            try test.consent(present)
            let session = try #require(test.workers[0].session)
            let owner = try #require(session.roster.place(of: test.workers[3].identity))
            let shares = try #require(session.held[owner])
            let reveal = try #require(try test.answers(of: [0]).first)
            #expect((reveal.range(of: shares.keyShare) != nil) == isLost)
            #expect((reveal.range(of: shares.seedShare) != nil) == !isLost)
        }
    }

    @Test("Two rounds of one worker share no key, no mask and no share")
    func freshKeys() throws {
        let first = try TestRound(workers: 3, round: 1)
        let second = try TestRound(workers: 3, round: 2)
        let advertisements = try [(first, 1), (second, 2)].map { test, round in
            try Advertisement(
                SignedMessage(test.workers[0].advertisement, as: .advertisement, round: UInt64(round)).body)
        }
        #expect(advertisements[0].maskingKey.rawRepresentation != advertisements[1].maskingKey.rawRepresentation)
        #expect(advertisements[0].sharesKey.rawRepresentation != advertisements[1].sharesKey.rawRepresentation)
        #expect(advertisements[0].seedCommitment != advertisements[1].seedCommitment)
        #expect(advertisements[0].sharesKey.rawRepresentation != advertisements[0].maskingKey.rawRepresentation)
    }

    @Test("Random sizes, widths, weights and losses: the mean is that of the survivors", arguments: 1...6)
    func randomRounds(seed: Int) throws {
        var generator = KeyStreamGenerator(key: TestRound.secret("random rounds \(seed)"))
        let workers = 4 + generator.number(below: 4)
        let values = 1 + generator.number(below: 90)
        let bits = 20 + generator.number(below: 13)
        let encoding = try FixedPoint(bits: bits, workers: workers, largestWeight: 50, clip: .value(2))
        var test = try TestRound(workers: workers, elements: values + 1, bits: bits)
        let weights = (0..<workers).map { _ in 1 + generator.number(below: 50) }
        let floats = (0..<workers).map { _ in
            (0..<values).map { _ in Float(generator.number(below: 4001) - 2000) / 1000 }
        }
        let vectors = try zip(floats, weights).map { try encoding.encode($0, weight: $1) }
        let stages: [SecureAggregationServer.Stage] = [.keys, .shares, .inputs, .consents, .reveals]
        let lost = [generator.number(below: workers): stages[generator.number(below: stages.count)]]
        let result = try test.play(vectors, losing: lost)
        let summed = (0..<workers).filter { lost[$0].map { $0 > .inputs } ?? true }
        #expect(result.elements == test.sum(vectors, of: summed))
        let mean = try encoding.decode(result.elements, workers: summed.count)
        let total = summed.reduce(0) { $0 + weights[$1] }
        #expect(mean.weight == total)
        for index in 0..<values {
            let exact = summed.reduce(0) { $0 + Double(weights[$1]) * Double(floats[$1][index]) } / Double(total)
            let steps = Double(summed.count) / (encoding.scale * Double(total))
            #expect(abs(Double(mean.values[index]) - exact) <= steps + 1e-6)
        }
    }
}
