import Crypto
import Foundation
import Testing

@testable import Privacy

/// Messages that were genuine once, or somewhere else.
@Suite struct ReplayTests {
    /// All that both sides sent in a round of three, in order.
    private func recording(seed: UInt64) throws -> (test: TestRound, stages: [(toWorker: Data?, fromWorker: Data)]) {
        var test = try TestRound(workers: 3, seed: seed)
        let all = [0, 1, 2]
        var stages: [(Data?, Data)] = [(nil, test.workers[0].advertisement)]
        func record(_ test: inout TestRound) throws {
            let message = try #require(test.server.message(for: test.workers[0].identity))
            stages.append((message, try #require(try test.workers[0].answer(message))))
        }
        try test.advertise(all)
        try record(&test)
        try test.share(all)
        stages.append((test.server.message(for: test.workers[0].identity), Data()))
        try test.send(test.vectors(), of: all)
        try record(&test)
        try test.consent(all)
        try record(&test)
        return (test, stages)
    }

    @Test("A round begun anew under the same number takes nothing of what was sent before")
    func restartedRound() throws {
        let old = try recording(seed: 1).stages
        var fresh = try TestRound(workers: 3, seed: 2)
        let all = [0, 1, 2]
        try fresh.advertise(all)
        let lists = old.compactMap(\.toWorker)
        #expect(code { _ = try fresh.workers[0].answer(lists[0]) } == .untrusted)
        #expect(code { try fresh.server.receive(old[1].fromWorker) } == .untrusted)
        try fresh.share(all)
        // Shares of another attempt do not open: the worker would go on without any, and say so with its vector.
        var misled = fresh.workers[0]
        #expect(try misled.answer(lists[1]) == nil)
        #expect(Set(misled.unopened) == Set(fresh.workers.dropFirst().map(\.identity)))
        try fresh.send(fresh.vectors(), of: all)
        #expect(code { try fresh.server.receive(old[3].fromWorker) } == .untrusted)
        try fresh.consent(all)
        #expect(code { _ = try fresh.workers[0].answer(lists[3]) } == .untrusted)
        #expect(code { try fresh.server.receive(old[4].fromWorker) } == .untrusted)
        #expect(try fresh.reveal(all).elements == fresh.sum(fresh.vectors(), of: all))
    }

    @Test("Each side refuses a message of any stage but the present one")
    func wrongStages() throws {
        let (finished, stages) = try recording(seed: 1)
        for (index, stage) in stages.enumerated() where index != 2 {
            let begun = try TestRound(workers: 3, seed: 1)
            var server = begun.server
            #expect((code { try server.receive(stage.fromWorker) } == .wrongStage) == (index != 0))
            guard index > 1, let message = stage.toWorker else { continue }
            var worker = begun.workers[0]
            #expect(code { _ = try worker.answer(message) } == .wrongStage)
        }
        var server = finished.server
        #expect(code { try server.receive(stages[1].fromWorker) } == .wrongStage)
        #expect(code { try server.receive(stages[3].fromWorker) } == .wrongStage)
        #expect(code { try server.fold(stages[1].fromWorker) { _ in Data() } } == .wrongStage)
        #expect(code { try server.advance() } == .wrongStage)
    }

    @Test("A masked vector that comes after the survivors are named is not taken")
    func lateVector() throws {
        var test = try TestRound(workers: 4)
        let all = [0, 1, 2, 3]
        let vectors = test.vectors()
        try test.advertise(all)
        try test.share(all)
        _ = try test.answers(of: [3])
        let late = try test.workers[3].mask(vectors[3])
        try test.send(vectors, of: [0, 1, 2])
        #expect(code { try test.server.fold(late.header) { late.chunk($0) } } == .wrongStage)
        #expect(test.server.message(for: test.workers[3].identity) == nil)
        try test.consent([0, 1, 2])
        #expect(try test.reveal([0, 1, 2]).elements == test.sum(vectors, of: [0, 1, 2]))
    }

    @Test("A worker's message in another's name is refused")
    func otherName() throws {
        var test = try TestRound(workers: 3)
        try test.advertise([0, 1, 2])
        let answer = try #require(try test.answers(of: [0]).first)
        let message = try SignedMessage(answer, as: .shares, round: 7)
        let renamed = SignedMessage(
            .shares, sender: test.workers[1].identity, body: message.body, signature: message.signature)
        #expect(code { try test.server.receive(renamed.bytes(round: 7)) } == .untrusted)
    }
}
