import Crypto
import Foundation
import Testing

@testable import Privacy

/// What one dishonest worker tries to end a round with, as a dealer of shares; and who is found out.
@Suite struct DealerTests {
    /// Rounds of 3, of 5, and of a graph that is drawn.
    enum Size: CaseIterable {
        case three, five, drawn

        func round(_ number: UInt64 = 7) throws -> TestRound {
            switch self {
            case .three: try TestRound(workers: 3, elements: 5, round: number)
            case .five: try TestRound(workers: 5, elements: 5, round: number)
            case .drawn:
                try TestRound(
                    workers: 18, elements: 5, threshold: 0.55, drawing: GraphRule(completeWorkers: 16, degree: 14),
                    round: number)
            }
        }
    }

    /// The next round, which goes on without the liar.
    private func expectSum(_ size: Size, without liar: Int) throws {
        var next = try size.round(8)
        let vectors = next.vectors()
        let result = try next.play(vectors, losing: [liar: .keys])
        #expect(result.elements == next.sum(vectors, of: vectors.indices.filter { $0 != liar }))
        #expect(result.misdealt.isEmpty)
    }

    @Test(
        "A dealer whose shares open at more workers than can be lying is named before anything is opened",
        arguments: Size.allCases, [DealtPart.garbage, .unsigned])
    func sealedLies(size: Size, part: DealtPart) throws {
        for isLost in [false, true] {
            var round = try size.round()
            let vectors = round.vectors()
            try round.deal(lying: 1) { _ in part }
            try round.fold(vectors, of: vectors.indices.filter { $0 != 1 || !isLost })
            let error = try #require(failure { try round.server.advance() })
            #expect(error.code == .tampered && error.culprits == [round.workers[1].identity], "\(error)")
            #expect(round.server.stage == .failed && round.server.sum.isEmpty)
            #expect(round.workers.allSatisfy { $0.consent == nil && $0.revealed == nil })
        }
        try expectSum(size, without: 1)
    }

    @Test(
        "One worker that cannot open a dealer's shares goes on without them, and the sum is that of all",
        arguments: Size.allCases, [DealtPart.garbage, .unsigned])
    func oneVictim(size: Size, part: DealtPart) throws {
        var round = try size.round()
        let vectors = round.vectors()
        var victims: Set<Int> = []
        try round.deal(lying: 1) { holder in
            if victims.isEmpty { victims.insert(holder) }
            return victims.contains(holder) ? part : .honest
        }
        let victim = try #require(victims.first)
        #expect(round.workers[victim].unopened == [round.workers[1].identity])
        try round.fold(vectors, of: Array(vectors.indices))
        let result = try round.finish()
        #expect(result.elements == round.sum(vectors, of: vectors.indices) && result.misdealt.isEmpty)
    }

    @Test("A round of five bears a dealer that is lost and has given one worker nothing")
    func lostDealer() throws {
        var round = try Size.five.round()
        let vectors = round.vectors()
        try round.deal(lying: 1) { $0 == 3 ? .garbage : .honest }
        try round.fold(vectors, of: [0, 2, 3, 4])
        let result = try round.finish(losing: [1: .inputs])
        #expect(result.elements == round.sum(vectors, of: [0, 2, 3, 4]) && result.misdealt.isEmpty)
    }

    @Test("A lost worker whose key too few can open for a complaint ends the round unopened, and both are at odds")
    func unopenableKey() throws {
        var round = try Size.three.round()
        let vectors = round.vectors()
        try round.deal(lying: 1) { $0 == 2 ? .garbage : .honest }
        try round.fold(vectors, of: [0, 2])
        let error = try #require(failure { try round.server.advance() })
        #expect(error.code == .belowThreshold && error.culprits.isEmpty)
        #expect(error.absent.isEmpty)
        #expect(error.disputes == [.init(dealer: round.workers[1].identity, holders: [round.workers[2].identity])])
        #expect(round.workers.allSatisfy { $0.consent == nil })
        try expectSum(.three, without: 1)
    }

    @Test("A false complaint of an honest worker that is lost leaves the honest one without blame", arguments: [0, 2])
    func falseComplaint(liar: Int) throws {
        var round = try Size.three.round()
        let vectors = round.vectors()
        try round.deal(lying: 1) { _ in .honest }
        try round.complain(liar, of: 1)
        try round.fold(vectors, of: [0, 2])
        let error = try #require(failure { try round.server.advance() })
        #expect(error.code == .belowThreshold && error.culprits.isEmpty && error.absent.isEmpty)
        #expect(error.disputes == [.init(dealer: round.workers[1].identity, holders: [round.workers[liar].identity])])
    }

    @Test("A dealer of wrong shares that gives its own seed spoils nothing, and is named", arguments: Size.allCases)
    func wrongShares(size: Size) throws {
        var round = try size.round()
        let vectors = round.vectors()
        try round.deal(lying: 1) { _ in .wrong }
        #expect(round.workers.allSatisfy { $0.unopened.isEmpty })
        try round.fold(vectors, of: Array(vectors.indices))
        let result = try round.finish()
        #expect(result.elements == round.sum(vectors, of: vectors.indices))
        #expect(result.misdealt == [round.workers[1].identity])
    }

    @Test(
        "A dealer of wrong shares that is lost is named by its own signatures",
        arguments: Size.allCases, [SecureAggregationServer.Stage.inputs, .reveals])
    func lostLiar(size: Size, stage: SecureAggregationServer.Stage) throws {
        for (isWide, wrong) in [(true, DealtPart.wrong), (false, .wrong)] {
            guard isWide || size == .five else { continue }
            var round = try size.round()
            let vectors = round.vectors()
            // Of five, three shares open a secret: worker 0 is among the first three to give theirs.
            try round.deal(lying: 1) { isWide || $0 == 0 ? wrong : .honest }
            try round.fold(vectors, of: vectors.indices.filter { $0 != 1 || stage > .inputs })
            let error = try #require(failure { _ = try round.finish(losing: [1: stage]) })
            #expect(error.code == .tampered && error.culprits == [round.workers[1].identity], "\(error)")
            #expect(round.server.stage == .failed)
        }
        try expectSum(size, without: 1)
    }

    @Test("A worker that complains of an honest one blames nobody and stops nothing", arguments: Size.allCases)
    func lyingComplainer(size: Size) throws {
        var round = try size.round()
        let vectors = round.vectors()
        try round.deal(lying: 1) { _ in .honest }
        let session = try #require(round.workers[1].session)
        for peer in session.maskingPeers {
            let dealer = try #require(round.workers.firstIndex { $0.identity == session.roster.workers[peer] })
            try round.complain(1, of: dealer)
        }
        try round.fold(vectors, of: Array(vectors.indices))
        let result = try round.finish()
        #expect(result.elements == round.sum(vectors, of: vectors.indices) && result.misdealt.isEmpty)
    }

    @Test(
        "A worker that complains of an honest one which is lost then blames nobody either",
        arguments: [SecureAggregationServer.Stage.inputs, .consents, .reveals])
    func complaintOfTheLost(stage: SecureAggregationServer.Stage) throws {
        var round = try Size.five.round()
        let vectors = round.vectors()
        try round.deal(lying: 1) { _ in .honest }
        try round.complain(1, of: 4)
        let present = stage > .inputs ? [0, 1, 2, 3, 4] : [0, 1, 2, 3]
        try round.fold(vectors, of: present)
        let result = try round.finish(losing: [4: stage])
        #expect(result.elements == round.sum(vectors, of: present) && result.misdealt.isEmpty)
    }

    @Test("A coordinator that changes sealed shares makes neither their holder leave nor their dealers look guilty")
    func changedOnTheWay() throws {
        var round = try Size.five.round()
        let vectors = round.vectors()
        let all = Array(vectors.indices)
        try round.advertise(all)
        try round.share(all)
        for worker in all {
            let message = try #require(round.server.message(for: round.workers[worker].identity))
            var delivery = try Delivery(message, round: 7, workers: 5)
            if worker == 2 {
                delivery = Delivery(
                    sharing: delivery.sharing, entries: delivery.entries.map { ($0.sender, $0.sealed.flipped(at: 20)) })
            }
            #expect(try round.workers[worker].answer(delivery.message(round: 7)) == nil)
        }
        #expect(round.workers[2].unopened.count == 4)
        try round.fold(vectors, of: all)
        let result = try round.finish()
        #expect(result.elements == round.sum(vectors, of: all) && result.misdealt.isEmpty)
    }

    @Test("A worker gives its own seed to a quorum's request for shares, and its masking key to nobody")
    func ownSeed() throws {
        for isLost in [false, true] {
            var round = try Size.five.round()
            let vectors = round.vectors()
            let (all, lost) = (Array(vectors.indices), isLost ? 4 : 5)
            let seeds = round.workers.map { Data($0.secrets.seed.bytes) }
            let keys = round.workers.map { Data($0.secrets.maskingKey.rawRepresentation) }
            var said = round.workers.map(\.advertisement)
            try round.advertise(all)
            said += try round.answers(of: all)
            try round.share(all)
            _ = try round.answers(of: all)
            let present = all.filter { $0 < lost }
            try round.fold(vectors, of: present)
            try round.server.advance()
            said += try round.answers(of: present)
            #expect(said.allSatisfy { message in seeds.allSatisfy { message.range(of: $0) == nil } })
            try round.consent(present)
            for worker in present {
                let reveal = try #require(try round.answers(of: [worker]).first)
                for other in all {
                    #expect((reveal.range(of: seeds[other]) != nil) == (other == worker))
                    #expect(reveal.range(of: keys[other]) == nil)
                }
            }
        }
    }
}
