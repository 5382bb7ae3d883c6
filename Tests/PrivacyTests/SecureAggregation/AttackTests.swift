import Crypto
import Foundation
import Testing

@testable import Privacy

/// What a lying coordinator, or someone on the way, tries; and who finds it out.
@Suite struct AttackTests {
    private let all = [0, 1, 2, 3, 4]

    /// A round of five up to where the survivors are named, worker 4 lost.
    private func masked(_ round: UInt64 = 7) throws -> TestRound {
        var test = try TestRound(workers: 5, round: round)
        try test.advertise(all)
        try test.share(all)
        try test.send(test.vectors(), of: [0, 1, 2, 3])
        return test
    }

    private func survivors(_ test: TestRound, _ workers: [Int]) throws -> SurvivorSet {
        let roster = try #require(test.workers[0].session?.roster)
        return SurvivorSet(workers.compactMap { roster.place(of: test.workers[$0].identity) }, of: all.count)
    }

    /// A list of survivors as a worker gets it, with what its neighbours signed.
    private func message(_ set: SurvivorSet, to worker: Int = 0, in test: TestRound) throws -> Data {
        let session = try #require(test.server.session)
        let place = try #require(session.roster.place(of: test.workers[worker].identity))
        let peers = session.roster.graph.neighbours(of: place).filter(set.contains)
        return SurvivorsNotice(survivors: set, pledges: peers.compactMap { session.pledges[$0] }).message(round: 7)
    }

    @Test("A coordinator that names two sets of survivors to one worker gets one signature")
    func secondSet() throws {
        var test = try masked()
        _ = try test.workers[0].answer(message(survivors(test, [0, 1, 2, 3]), in: test))
        let other = try message(survivors(test, [0, 1, 2]), in: test)
        #expect(code { _ = try test.workers[0].answer(other) } == .conflict)
    }

    @Test("A coordinator that splits the survivors gets shares of neither side")
    func splitSurvivors() throws {
        var test = try masked()
        let sets = [try survivors(test, [0, 1, 2, 3]), try survivors(test, [0, 1, 2])]
        let roster = try #require(test.workers[0].session?.roster)
        for worker in 0..<3 {
            let list = try message(sets[worker % 2], to: worker, in: test)
            _ = try test.workers[worker].answer(list)
        }
        // Worker 0 and 2 signed the first, worker 1 the second: three signatures are needed over one set.
        for (worker, set) in [(0, sets[0]), (1, sets[1])] {
            let signatures = try [0, 1, 2, 3].compactMap { signer -> (signer: Int, signature: Data)? in
                guard let consent = test.workers[signer].consent, consent.survivors == set else { return nil }
                let signed = try SignedMessage(consent.message, as: .consent, round: 7)
                return (try #require(roster.place(of: signed.sender)), signed.signature)
            }.sorted { $0.signer < $1.signer }
            let request = UnmaskingRequest(survivors: set, signatures: signatures).message(round: 7)
            #expect(code { _ = try test.workers[worker].answer(request) } == .belowThreshold)
        }
    }

    @Test("A coordinator that asks for both shares of one worker gets one, in whatever order and however often")
    func bothShares() throws {
        var test = try masked()
        try test.consent([0, 1, 2, 3])
        let honest = try #require(test.server.message(for: test.workers[0].identity))
        let signatures = try UnmaskingRequest(honest, round: 7, workers: 5).signatures
        let other = try survivors(test, [0, 1, 2])
        let lie = UnmaskingRequest(survivors: other, signatures: signatures).message(round: 7)
        #expect(code { _ = try test.workers[0].answer(lie) } == .conflict)
        let first = try test.workers[0].answer(honest)
        #expect(code { _ = try test.workers[0].answer(lie) } == .conflict)
        let list = try message(other, in: test)
        #expect(code { _ = try test.workers[0].answer(list) } == .conflict)
        #expect(try test.workers[0].answer(honest) == first)
        // Of worker 4, which is lost, the masking key's share; of the others, the seed's; never the other one.
        let reveal = try #require(first)
        let session = try #require(test.workers[0].session)
        for (owner, shares) in session.held {
            let isLost = session.roster.workers[owner] == test.workers[4].identity
            #expect((reveal.range(of: shares.seedShare) == nil) == isLost)
            #expect((reveal.range(of: shares.keyShare) == nil) == !isLost)
        }
    }

    @Test("Forged signatures of the survivors open nothing")
    func forgedConsent() throws {
        var test = try masked()
        try test.consent([0, 1, 2, 3])
        let honest = try #require(test.server.message(for: test.workers[0].identity))
        let request = try UnmaskingRequest(honest, round: 7, workers: 5)
        var forged = request.signatures
        forged[1].signature = forged[0].signature
        let lie = UnmaskingRequest(survivors: request.survivors, signatures: forged).message(round: 7)
        #expect(code { _ = try test.workers[0].answer(lie) } == .untrusted)
        var twice = request.signatures
        twice[1] = twice[0]
        let repeated = UnmaskingRequest(survivors: request.survivors, signatures: twice).message(round: 7)
        #expect(code { _ = try test.workers[0].answer(repeated) } == .malformed)
    }

    @Test("Survivors without this worker, or with one that never shared, are not signed")
    func impossibleSurvivors() throws {
        var test = try TestRound(workers: 5)
        try test.advertise(all)
        try test.share([0, 1, 2, 3])
        try test.send(test.vectors(), of: [0, 1, 2, 3])
        let cases: [([Int], PrivacyError.Code)] = [
            ([1, 2, 3], .untrusted), ([0, 1, 2, 4], .untrusted), ([0, 1], .belowThreshold),
        ]
        for (workers, expected) in cases {
            let list = try message(survivors(test, workers), in: test)
            #expect(code { _ = try test.workers[0].answer(list) } == expected)
        }
    }

    @Test("A worker signs no list of fewer survivors than the fewest workers, and gives no shares by fewer signatures")
    func tooFewSurvivors() throws {
        var test = try TestRound(workers: 5, fewest: 4)
        try test.advertise(all)
        try test.share(all)
        try test.send(test.vectors(), of: all)
        var careful = test
        let three = try message(survivors(test, [0, 1, 2]), in: test)
        let four = try message(survivors(test, [0, 1, 2, 3]), in: test)
        #expect(code { _ = try careful.workers[0].answer(three) } == .belowThreshold)
        #expect(code { _ = try careful.workers[0].answer(four) } == nil)
        try test.consent(all)
        let honest = try #require(test.server.message(for: test.workers[0].identity))
        let request = try UnmaskingRequest(honest, round: 7, workers: 5)
        let few = UnmaskingRequest(survivors: request.survivors, signatures: Array(request.signatures.prefix(3)))
        #expect(code { _ = try test.workers[0].answer(few.message(round: 7)) } == .belowThreshold)
        #expect(code { _ = try test.workers[0].answer(honest) } == nil)
    }

    @Test("Shares of a worker that there is not are refused")
    func unknownSender() throws {
        var test = try TestRound(workers: 4)
        try test.advertise([0, 1, 2, 3])
        try test.share([0, 1, 2, 3])
        let mine = try #require(test.server.message(for: test.workers[0].identity))
        let genuine = try Delivery(mine, round: 7, workers: 4)
        for sender in [4, 5, Int(Int32.max), Int(UInt32.max)] {
            let entries = [(sender: sender, sealed: genuine.entries[0].sealed)]
            let delivery = Delivery(sharing: genuine.sharing, entries: entries).message(round: 7)
            #expect(code { _ = try test.workers[0].answer(delivery) } == .malformed)
        }
    }

    @Test("A coordinator that substitutes keys, adds a stranger, or leaves a worker out of its own list is caught")
    func substitutedKeys() throws {
        var test = try TestRound(workers: 5)
        let other = try TestRound(workers: 5, seed: 2)
        let stranger = try SecureAggregationWorker(
            key: TestRound.key(seed: 99, 0), configuration: test.configuration, trusted: [])
        var messages = try test.workers.map { try SignedMessage($0.advertisement, as: .advertisement, round: 7) }
        func answer(_ messages: [SignedMessage]) -> PrivacyError.Code? {
            var worker = test.workers[0]
            let sorted = messages.sorted { $0.sender < $1.sender }
            return code { _ = try worker.answer(Roster.message(sorted, round: 7)) }
        }
        #expect(answer(messages) == nil)
        let honest = messages[1]
        let keys = try SignedMessage(other.workers[1].advertisement, as: .advertisement, round: 7).body
        messages[1] = SignedMessage(.advertisement, sender: honest.sender, body: keys, signature: honest.signature)
        #expect(answer(messages) == .untrusted)
        messages[1] = try SignedMessage(stranger.advertisement, as: .advertisement, round: 7)
        #expect(answer(messages) == .untrusted)
        messages[1] = messages[2]
        #expect(answer(messages) == .malformed)
        messages[1] = honest
        #expect(answer(Array(messages.dropFirst())) == .untrusted)
        #expect(code { try test.server.receive(stranger.advertisement) } == .untrusted)
    }

    @Test("A second list of keys, though every key in it is signed, gets no second shares")
    func secondRoster() throws {
        var test = try TestRound(workers: 5)
        let messages = try test.workers.map { try SignedMessage($0.advertisement, as: .advertisement, round: 7) }
            .sorted { $0.sender < $1.sender }
        _ = try test.workers[0].answer(Roster.message(messages, round: 7))
        let own = test.workers[0].identity
        let fewer = Array(messages.drop { $0.sender != own }.prefix(1)) + messages.filter { $0.sender != own }.prefix(3)
        let list = Roster.message(fewer.sorted { $0.sender < $1.sender }, round: 7)
        #expect(code { _ = try test.workers[0].answer(list) } == .conflict)
    }

    @Test("Messages of another round, run or configuration are refused by both sides")
    func movedMessages() throws {
        var test = try TestRound(workers: 5)
        let later = try TestRound(workers: 5, round: 8)
        let elsewhere = try TestRound(workers: 5, run: "another")
        let coarser = try TestRound(workers: 5, bits: 16)
        #expect(code { try test.server.receive(later.workers[0].advertisement) } == .wrongRound)
        #expect(code { try test.server.receive(elsewhere.workers[0].advertisement) } == .untrusted)
        #expect(code { try test.server.receive(coarser.workers[0].advertisement) } == .untrusted)
        var other = try masked(8)
        var mine = try masked(7)
        try mine.consent([0, 1, 2, 3])
        try other.consent([0, 1, 2, 3])
        let request = try #require(other.server.message(for: other.workers[0].identity))
        #expect(code { _ = try mine.workers[0].answer(request) } == .wrongRound)
        var renumbered = request
        renumbered[2] = 7
        #expect(code { _ = try mine.workers[0].answer(renumbered) } == .untrusted)
        var reveal = try #require(try other.answers(of: [0]).first)
        #expect(code { try mine.server.receive(reveal) } == .wrongRound)
        reveal[2] = 7
        #expect(code { try mine.server.receive(reveal) } == .untrusted)
    }

    @Test("Whatever byte of a worker's message is changed, the coordinator refuses it")
    func tamperedWorkerMessages() throws {
        var test = try TestRound(workers: 3)
        func refuses(_ message: Data, _ server: SecureAggregationServer) {
            for index in stride(from: 0, to: message.count, by: max(1, message.count / 40)) {
                var server = server
                #expect(throws: PrivacyError.self) { try server.receive(message.flipped(at: index)) }
            }
        }
        refuses(test.workers[0].advertisement, test.server)
        try test.advertise([0, 1, 2])
        refuses(try #require(try test.answers(of: [0]).first), test.server)
        try test.share([0, 1, 2])
        _ = try test.answers(of: [0, 1, 2])
        let vectors = test.vectors()
        for worker in 0..<3 {
            let masked = try test.workers[worker].mask(vectors[worker])
            for index in stride(from: 0, to: masked.header.count, by: 7) {
                var server = test.server
                #expect(throws: PrivacyError.self) {
                    try server.fold(masked.header.flipped(at: index)) { masked.chunk($0) }
                }
            }
            try test.server.fold(masked.header) { masked.chunk($0) }
        }
        try test.server.advance()
        refuses(try #require(try test.answers(of: [0]).first), test.server)
        try test.consent([0, 1, 2])
        refuses(try #require(try test.answers(of: [0]).first), test.server)
    }

    @Test("Whatever byte of the coordinator's message is changed, the worker refuses it")
    func tamperedServerMessages() throws {
        var test = try TestRound(workers: 3)
        func refuses(_ test: TestRound) throws {
            let message = try #require(test.server.message(for: test.workers[0].identity))
            // Sealed shares that do not open are no reason to leave: see DealerTests.
            let sealed = test.server.stage == .inputs ? 2 * (4 + SealedShares.byteCount) : 0
            for index in stride(from: 0, to: message.count - sealed, by: max(1, message.count / 40)) {
                var worker = test.workers[0]
                #expect(throws: PrivacyError.self, "byte \(index)") {
                    _ = try worker.answer(message.flipped(at: index, bit: 0x80))
                }
            }
        }
        try test.advertise([0, 1, 2])
        try refuses(test)
        try test.share([0, 1, 2])
        try refuses(test)
        try test.send(test.vectors(), of: [0, 1, 2])
        try refuses(test)
        try test.consent([0, 1, 2])
        try refuses(test)
    }

    @Test("Shares delivered to the wrong worker are refused; as another's they do not open, and the worker says so")
    func reroutedShares() throws {
        var test = try TestRound(workers: 4)
        try test.advertise([0, 1, 2, 3])
        try test.share([0, 1, 2, 3])
        let mine = try #require(test.server.message(for: test.workers[0].identity))
        let others = try #require(test.server.message(for: test.workers[1].identity))
        #expect(code { _ = try test.workers[0].answer(others) } != nil)
        let genuine = try Delivery(mine, round: 7, workers: 4)
        let entries = genuine.entries
        let swapped = [(entries[0].sender, entries[1].sealed), (entries[1].sender, entries[0].sealed), entries[2]]
        let delivery = Delivery(sharing: genuine.sharing, entries: swapped).message(round: 7)
        var swindled = test.workers[0]
        #expect(try swindled.answer(delivery) == nil)
        #expect(swindled.session?.unopened == entries.prefix(2).map(\.sender))
        let one = Delivery(sharing: genuine.sharing, entries: [entries[0]]).message(round: 7)
        #expect(code { _ = try test.workers[0].answer(one) } == .untrusted)
        let place = try #require(test.workers[0].session?.place)
        let two = SurvivorSet([place, entries[0].sender], of: 4)
        let pair = Delivery(sharing: two, entries: [entries[0]]).message(round: 7)
        #expect(code { _ = try test.workers[0].answer(pair) } == .belowThreshold)
    }

    @Test("A worker that reveals a share other than the one dealt to it is named")
    func falseReveal() throws {
        var test = try masked()
        try test.consent([0, 1, 2, 3])
        let honest = try #require(try test.answers(of: [0]).first)
        let message = try SignedMessage(honest, as: .reveal, round: 7)
        let roster = try #require(test.workers[0].session?.roster)
        let lie = try SignedMessage(
            .reveal, body: message.body.flipped(at: 3), key: test.keys[0], scope: roster.scope)
        let error = #expect(throws: PrivacyError.self) { try test.server.receive(lie.bytes(round: 7)) }
        #expect(error?.code == .tampered)
        #expect(error?.message.contains("\(test.workers[0].identity)") == true)
        // Without it there are three more, which is the threshold.
        let vectors = test.vectors()
        #expect(try test.reveal([1, 2, 3]).elements == test.sum(vectors, of: [0, 1, 2, 3]))
    }

    @Test("A worker whose key agrees on nothing is refused at the door")
    func smallOrder() throws {
        var test = try TestRound(workers: 3)
        let lie = try SignedMessage(
            .advertisement, body: Data(count: 128), key: test.keys[0],
            scope: MessageScope(context: test.configuration.digest))
        #expect(code { try test.server.receive(lie.bytes(round: 7)) } == .untrusted)
    }

    @Test("Two different sets of keys or vectors of one worker are not both taken")
    func equivocation() throws {
        var test = try TestRound(workers: 3)
        let other = try TestRound(workers: 3, seed: 2)
        try test.server.receive(test.workers[0].advertisement)
        #expect(code { try test.server.receive(other.workers[0].advertisement) } == .conflict)
        try test.advertise([0, 1, 2])
        #expect(code { try test.server.receive(other.workers[1].advertisement) } == .wrongStage)
        try test.share([0, 1, 2])
        _ = try test.answers(of: [0])
        let vectors = test.vectors()
        var twin = test.workers[0]
        let first = try test.workers[0].mask(vectors[0])
        let second = try twin.mask(vectors[1])
        try test.server.fold(first.header) { first.chunk($0) }
        #expect(code { try test.server.fold(second.header) { second.chunk($0) } } == .conflict)
    }
}
