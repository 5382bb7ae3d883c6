import Crypto
import Foundation
import Testing

@testable import Privacy

/// The draw of the graph against a coordinator, and workers, that want another one.
@Suite struct GraphDrawTests {
    private let all = [0, 1, 2, 3, 4, 5]

    private func begun() throws -> TestRound {
        try TestRound(workers: 6, drawing: GraphRule(completeWorkers: 4, degree: 3))
    }

    /// A round of six in which all have given their openings, and these in order.
    private func opened(_ begun: TestRound? = nil) throws
        -> (test: TestRound, roster: Roster, openings: [SignedMessage])
    {
        var test = try begun ?? self.begun()
        for worker in test.workers { try test.server.receive(worker.advertisement) }
        try test.server.advance()
        #expect(test.server.stage == .openings)
        let openings = try test.answers(of: all).map { try SignedMessage($0, as: .opening, round: 7) }
        return (test, try #require(test.server.session?.roster), openings.sorted { $0.sender < $1.sender })
    }

    /// Why each worker refuses a list of openings; `nil` if it does not.
    private func refusals(_ openings: [SignedMessage], _ test: TestRound) -> [PrivacyError?] {
        test.workers.map { worker in
            var worker = worker
            do {
                _ = try worker.answer(GraphOpening.message(openings, round: 7))
                return nil
            } catch {
                return error as? PrivacyError
            }
        }
    }

    private func opening(
        of worker: Int, _ body: Data, _ test: TestRound, _ scope: MessageScope
    ) throws -> SignedMessage {
        try SignedMessage(.opening, body: body, key: test.keys[worker], scope: scope)
    }

    @Test("A round whose graph is drawn ends with the sum")
    func honest() throws {
        let (test, _, openings) = try opened()
        #expect(refusals(openings, test).allSatisfy { $0 == nil })
        var round = try TestRound(
            workers: 20, elements: 5, threshold: 0.55, drawing: GraphRule(completeWorkers: 4, degree: 16))
        let vectors = round.vectors()
        let lost: [Int: SecureAggregationServer.Stage] = [2: .shares, 7: .inputs, 11: .consents]
        let sum = try round.play(vectors, losing: lost)
        #expect(sum.elements == round.sum(vectors, of: vectors.indices.filter { ![2, 7].contains($0) }))
        let graphs = round.workers.compactMap { $0.session?.roster.graph }
        #expect(graphs.count == 19 && graphs.allSatisfy { $0 == graphs[0] })
    }

    @Test("A dropped, moved or swapped opening is refused by every worker, which says whose it is")
    func lies() throws {
        let (test, roster, openings) = try opened()
        let liar = try #require(roster.place(of: test.workers[1].identity))
        let name = "\(test.workers[1].identity)"
        func list(_ opening: SignedMessage) -> [SignedMessage] {
            var list = openings
            list[liar] = opening
            return list
        }
        var dropped = openings
        dropped.remove(at: liar)
        var turned = openings
        turned.swapAt(0, 1)
        let other = try opening(of: 1, Data(repeating: 9, count: 32), test, roster.scope)
        let stolen = try opening(of: 1, openings[(liar + 1) % 6].body, test, roster.scope)
        let long = try opening(of: 1, openings[liar].body + [0], test, roster.scope)
        let moved = try opening(
            of: 1, openings[liar].body, test, MessageScope(context: roster.scope.context, roster: Data(count: 32)))
        let cases: [([SignedMessage], PrivacyError.Code, String)] = [
            (dropped, .belowThreshold, "lacks worker \(name)"), (turned, .malformed, "not in the order"),
            (list(other), .tampered, "the opening of worker \(name) is not what it committed to"),
            (list(stolen), .tampered, "the opening of worker \(name) is not what it committed to"),
            (list(long), .tampered, "the opening of worker \(name) is not what it committed to"),
            (list(moved), .untrusted, "the opening of a worker \(name) does not bear its signature"),
        ]
        for (lie, code, words) in cases {
            for refusal in refusals(lie, test) {
                #expect(refusal?.code == code)
                #expect(refusal?.message.contains(words) == true, "\(refusal?.message ?? "")")
            }
        }
        for lie in [other, stolen, long, moved] {
            var server = test.server
            #expect(throws: PrivacyError.self) { try server.receive(lie.bytes(round: 7)) }
        }
    }

    @Test("Workers that are shown different lists of keys cannot be brought to one graph, nor to a second opening")
    func twoLists() throws {
        let begun = try begun()
        let (test, roster, openings) = try opened(begun)
        let messages = try test.workers.map { try SignedMessage($0.advertisement, as: .advertisement, round: 7) }
            .sorted { $0.sender < $1.sender }
        let last = try #require(messages.last?.sender)
        let shorter = Roster.message(Array(messages.dropLast()), round: 7)
        let victims = all.filter { test.workers[$0].identity != last }
        // One that has opened for the first list opens for no other.
        for victim in victims {
            var worker = test.workers[victim]
            #expect(code { _ = try worker.answer(shorter) } == .conflict)
        }
        // One that opened for the shorter list is of no use to those that hold the longer one.
        var worker = begun.workers[victims[0]]
        let answer = try #require(try worker.answer(shorter))
        var mixed = openings
        let place = try #require(roster.place(of: worker.identity))
        mixed[place] = try SignedMessage(answer, as: .opening, round: 7)
        #expect(mixed[place].body == openings[place].body)
        #expect(refusals(mixed, test).allSatisfy { $0?.code == .untrusted })
    }

    @Test("Without every opening the attempt ends at the coordinator too, and nobody has dealt a share")
    func missingOpening() throws {
        let (opened, _, openings) = try opened()
        var test = opened
        let missing = openings[2].sender
        for opening in openings where opening.sender != missing { try test.server.receive(opening.bytes(round: 7)) }
        #expect(test.server.expected.count == 6 && test.server.answered.count == 5 && test.server.needed == 6)
        let error = #expect(throws: PrivacyError.self) { try test.server.advance() }
        #expect(error?.message.contains("lacks worker \(missing)") == true, "\(error?.message ?? "")")
        #expect(test.server.stage == .failed && test.workers.allSatisfy { $0.session == nil })
    }

    @Test("A worker asks whether it may take part in a draw once, before it gives its opening")
    func permission() throws {
        struct Enough: Error {}
        let test = try begun()
        var worker = try SecureAggregationWorker(
            key: test.keys[0], configuration: test.configuration, trusted: nil, willDraw: { throw Enough() },
            secret: TestRound.secret("secret 1 0 7"))
        let advertisements = [worker.advertisement] + test.workers.dropFirst().map(\.advertisement)
        let messages = try advertisements.map { try SignedMessage($0, as: .advertisement, round: 7) }
        let list = Roster.message(messages.sorted { $0.sender < $1.sender }, round: 7)
        for _ in 0..<2 { #expect(throws: Enough.self) { _ = try worker.answer(list) } }
        #expect(worker.opened == nil && worker.session == nil)
    }

    /// How many neighbours worker 0 has in a round of twenty whose worker 19 has the secret `attack`.
    private func neighbours(_ honest: String, _ attack: String) throws -> Int {
        var configuration = try SecureAggregationConfiguration(
            run: "search", round: 0, elements: 1, bits: 16, mostWorkers: 20)
        configuration.graphRule = GraphRule(completeWorkers: 4, degree: 10)
        let keys = try (0..<20).map { try TestRound.key(seed: 3, $0) }
        var workers: [SecureAggregationWorker] = []
        for (index, key) in keys.enumerated() {
            workers.append(
                try SecureAggregationWorker(
                    key: key, configuration: configuration, trusted: nil,
                    secret: TestRound.secret(index == 19 ? attack : "\(honest) \(index)")))
        }
        workers.sort { $0.identity < $1.identity }
        let messages = try workers.map { try SignedMessage($0.advertisement, as: .advertisement, round: 0) }
        let roster = try Roster(messages, configuration: configuration, trusted: nil)
        let openings = try workers.map {
            try SignedMessage(.opening, body: $0.secrets.opening, key: $0.key, scope: roster.scope)
        }
        let victim = try #require(roster.place(of: WorkerIdentity(keys[0].publicKey)))
        return try roster.drawn(by: openings).graph.neighbours(of: victim).count
    }

    @Test("A worker that searches over its own secrets, and must move before it sees the others', gets a chance graph")
    func search() throws {
        let trials = 12
        var (guessed, found) = (0, 0)
        for trial in 0..<trials {
            // It does not know the honest workers' openings, so it searches against some of its own making.
            let tries = try (0..<8).map { attempt in
                let attack = "attack \(trial) \(attempt)"
                return (count: try neighbours("guess \(trial)", attack), attack: attack)
            }
            let best = try #require(tries.min { $0.count < $1.count })
            guessed += best.count
            found += try neighbours("honest \(trial)", best.attack)
        }
        // The mean is 10 with a standard deviation of 2.2 for one, 0.63 for twelve; the least of eight is at 6.9.
        #expect(Double(guessed) / Double(trials) < 8.8)
        #expect(abs(Double(found) / Double(trials) - 10) < 3.2)
    }

    @Test("A worker that was told of fewer sharers than the others gets no masks taken off: its neighbours refuse")
    func liedAboutSharers() throws {
        let five = [0, 1, 2, 3, 4]
        var test = try TestRound(workers: 5)
        try test.advertise(five)
        try test.share(five)
        let vectors = test.vectors()
        let victim = test.workers[4].identity
        let place = try #require(test.server.session?.roster.place(of: victim))
        let mine = try Delivery(try #require(test.server.message(for: victim)), round: 7, workers: 5)
        let few = Array(mine.entries.prefix(2))
        let lie = Delivery(sharing: SurvivorSet([place] + few.map(\.sender), of: 5), entries: few)
        _ = try test.workers[4].answer(lie.message(round: 7))
        let masked = try test.workers[4].mask(vectors[4])
        #expect(code { try test.server.fold(masked.header) { masked.chunk($0) } } == .untrusted)
        try test.send(vectors, of: [0, 1, 2, 3])
        let header = try SignedMessage(masked.header, as: .maskedInput, round: 7)
        let pledge = try MaskedInput(header.body, chunks: 1).pledge
        let session = try #require(test.server.session)
        for index in 0..<4 {
            var worker = test.workers[index]
            let own = try #require(session.roster.place(of: worker.identity))
            let peers = session.roster.graph.neighbours(of: own)
            let notice = SurvivorsNotice(
                survivors: SurvivorSet(0..<5, of: 5), pledges: peers.map { session.pledges[$0] ?? pledge })
            let error = #expect(throws: PrivacyError.self) { _ = try worker.answer(notice.message(round: 7)) }
            #expect(error?.code == .untrusted)
            let words = error?.message ?? ""
            #expect(words.contains("worker \(victim) did not sign the list"), "\(words)")
        }
        try test.consent([0, 1, 2, 3])
        #expect(try test.reveal([0, 1, 2, 3]).elements == test.sum(vectors, of: [0, 1, 2, 3]))
    }
}
