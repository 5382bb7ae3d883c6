import Crypto
import Foundation
import TestSupport
import Testing

@testable import Federation
@testable import Privacy

@Suite("Transcripts of two sites", .ownThreads, .timeLimit(.minutes(5)))
struct TranscriptComparisonTests {
    /// A site that writes a transcript.
    final class Site: Sendable {
        let key = Curve25519.Signing.PrivateKey()
        let path: String
        let writer: TranscriptWriter

        init(
            _ folder: ScratchFolder, _ name: String, run: String = "toy", basis: UInt8 = 1, epsilon: Double? = nil
        ) throws {
            path = "\(folder.path)/\(name).transcript"
            writer = try TranscriptWriter(
                path: path, run: run, basis: Data([basis]), key: key, spent: { epsilon.map { ($0, 1e-5) } })
        }

        var identity: WorkerIdentity { WorkerIdentity(key.publicKey) }
        func transcript() throws -> Transcript { try Transcript(path: path, signer: identity) }
    }

    private let folder: ScratchFolder
    private let strangers = (0..<4).map { _ in
        WorkerIdentity(Curve25519.Signing.PrivateKey().publicKey)
    }

    init() throws { folder = try ScratchFolder() }

    private func terms(_ attempt: UInt8) throws -> MaskingTerms {
        try MaskingSettings(run: "toy", threshold: 0.6).terms(
            round: 0, attempt: Data(repeating: attempt, count: 16),
            layout: UpdateLayout(LyingCoordinator.state(), carriesLoss: true), workers: 5,
            largestWeight: 10, noise: nil)
    }

    private func work(
        _ round: Int = 0, basis: UInt8 = 1, state: UInt8 = 2, order: UInt8 = 3, attempt: UInt8? = nil
    ) throws
        -> OrderedWork
    {
        OrderedWork(
            run: "toy", round: round, basis: Data([basis]), state: Data([state]), order: Data([order]),
            terms: try attempt.map { try terms($0) })
    }

    @Test("tell of a coordinator that gave each its own basis and kept them in rounds apart")
    func apart() throws {
        let (first, second) = (try Site(folder, "a"), try Site(folder, "b", basis: 7))
        try first.writer.willSend(.update(digest: Data([1])), of: try work(0))
        try second.writer.willSend(.update(digest: Data([1])), of: try work(1, basis: 7))
        let comparison = TranscriptComparison(try first.transcript(), try second.transcript())
        #expect(comparison.rounds == 0 && comparison.difference?.contains("different bases") == true)
    }

    /// A sum that a site helps to open.
    private func opens(
        _ site: Site, _ work: OrderedWork, roster: [WorkerIdentity], survivors: [WorkerIdentity]? = nil
    ) throws {
        try site.writer.willSend(.masked(roster: roster), of: work)
        let sum = RevealedSum(
            round: 0, context: Data(), workers: roster, survivors: survivors ?? roster)
        try site.writer.willSend(.shares(sum), of: work)
    }

    private func difference(_ first: Site, _ second: Site) throws -> String {
        let found = TranscriptComparison(try first.transcript(), try second.transcript()).difference
        let mirrored = TranscriptComparison(try second.transcript(), try first.transcript()).difference
        #expect((found == nil) == (mirrored == nil))
        return found ?? "none"
    }

    @Test("of an honest run agree in every round, though the sites had the same coordinator only")
    func honest() async throws {
        let run = try MaskedRun(workers: 3, rounds: 2)
        run.served.start()
        let sites = try (0..<3).map { try Site(folder, "honest\($0)") }
        let workers = try sites.enumerated().map { index, site in
            try run.worker(
                "w\(index)", moves: 0.1, policy: MaskingPolicy(key: site.key, threshold: 0.6),
                watchedBy: site.writer)
        }
        try await run.served.end()
        for worker in workers { #expect(try await worker.end().isOver) }
        let comparison = TranscriptComparison(try sites[0].transcript(), try sites[1].transcript())
        #expect(
            comparison.rounds == 2 && comparison.difference == nil, "\(comparison.difference ?? "")")
    }

    @Test("find a coordinator that showed two sites different bases, states or orders")
    func grounds() throws {
        let cases: [(String, OrderedWork)] = [
            ("round 2: they have different bases: 01 and 07", try work(1, basis: 7)),
            ("round 2: they have different states: 02 and 07", try work(1, state: 7)),
            ("round 2: they have different orders: 03 and 07", try work(1, order: 7)),
        ]
        for (index, (words, lie)) in cases.enumerated() {
            let sites = (try Site(folder, "a\(index)"), try Site(folder, "b\(index)"))
            for site in [sites.0, sites.1] {
                try site.writer.willSend(.update(digest: Data([1])), of: try work())
            }
            #expect(try difference(sites.0, sites.1) == "none")
            try sites.0.writer.willSend(.update(digest: Data([1])), of: try work(1))
            try sites.1.writer.willSend(.update(digest: Data([1])), of: lie)
            #expect(try difference(sites.0, sites.1) == words)
        }
    }

    @Test(
        "find a coordinator that showed two sites different lists of workers, terms or survivors of one attempt"
    )
    func attempts() throws {
        let sites = (try Site(folder, "a"), try Site(folder, "b"))
        let all = [sites.0.identity, sites.1.identity] + strangers
        try opens(sites.0, try work(attempt: 1), roster: all)
        try opens(sites.1, try work(attempt: 1), roster: all)
        #expect(try difference(sites.0, sites.1) == "none")
        try sites.0.writer.willSend(.masked(roster: all), of: try work(1, attempt: 2))
        try sites.1.writer.willSend(.masked(roster: Array(all.dropLast())), of: try work(1, attempt: 2))
        #expect(
            try difference(sites.0, sites.1).hasPrefix("round 2: they have different lists of workers: "))
        let others = (try Site(folder, "c"), try Site(folder, "d"))
        let five = [others.0.identity, others.1.identity] + strangers
        try opens(others.0, try work(attempt: 1), roster: five)
        try opens(others.1, try work(attempt: 1), roster: five, survivors: Array(five.dropLast()))
        #expect(
            try difference(others.0, others.1).hasPrefix("round 1: they gave shares for different sums: ")
        )
    }

    @Test("find two sums of one round, whose workers the coordinator kept apart")
    func split() throws {
        let sites = (try Site(folder, "a"), try Site(folder, "b"))
        try opens(sites.0, try work(attempt: 1), roster: [sites.0.identity] + strangers)
        try opens(sites.1, try work(attempt: 2), roster: [sites.1.identity] + strangers)
        #expect(try difference(sites.0, sites.1).contains("they gave shares for different attempts"))
        // With fresh noise in each attempt, which is accounted for, an attempt may be repeated.
        let noisy = (try Site(folder, "c", epsilon: 1), try Site(folder, "d", epsilon: 1))
        try opens(noisy.0, try work(attempt: 1), roster: [noisy.0.identity] + strangers)
        try opens(noisy.1, try work(attempt: 2), roster: [noisy.1.identity] + strangers)
        #expect(try difference(noisy.0, noisy.1) == "none")
        // It is told all the same.
        let remarks = TranscriptComparison(try noisy.0.transcript(), try noisy.1.transcript()).remarks
        #expect(
            remarks.count == 1 && remarks[0].hasPrefix("round 1: they gave shares for 2 attempts, so that"),
            "\(remarks)")
        // Two sums of one attempt have the same noise, and their difference has none.
        let same = (try Site(folder, "e", epsilon: 1), try Site(folder, "f", epsilon: 1))
        let all = [same.0.identity, same.1.identity] + strangers
        try opens(same.0, try work(attempt: 1), roster: all)
        try opens(same.1, try work(attempt: 1), roster: all, survivors: Array(all.dropLast()))
        #expect(try difference(same.0, same.1).contains("they gave shares for different sums"))
    }

    @Test("are compared exactly in a round of both: a state, an attempt's ground or a list that one was shown besides")
    func exact() throws {
        let states = (try Site(folder, "a"), try Site(folder, "b"))
        for site in [states.0, states.1] { try site.writer.willSend(.update(digest: Data([1])), of: try work()) }
        try states.0.writer.willSend(.update(digest: Data([1])), of: try work(state: 7))
        #expect(
            try difference(states.0, states.1).hasPrefix("round 1: they have different states: 02, 07 and 02. One of"))
        let swapped = (try Site(folder, "c"), try Site(folder, "d"))
        let two = [swapped.0.identity, swapped.1.identity] + strangers
        for (site, order) in [(swapped.0, [2, 7]), (swapped.1, [7, 2])] as [(Site, [UInt8])] {
            try site.writer.willSend(.masked(roster: two), of: try work(state: order[0], attempt: 1))
            try site.writer.willSend(.masked(roster: two), of: try work(state: order[1], attempt: 2))
        }
        #expect(try difference(swapped.0, swapped.1).contains("different bases, states or orders in one attempt"))
        // What one worker was shown twice for one attempt counts, too.
        let twice = (try Site(folder, "e"), try Site(folder, "f"))
        let all = [twice.0.identity, twice.1.identity] + strangers
        try twice.0.writer.willSend(.masked(roster: Array(all.dropLast())), of: try work(attempt: 1))
        for site in [twice.0, twice.1] { try site.writer.willSend(.masked(roster: all), of: try work(attempt: 1)) }
        #expect(try difference(twice.0, twice.1).hasPrefix("round 1: they have different lists of workers: "))
    }

    @Test(
        "find a worker that others' sums hold, and that has no line of them, and one that signs in another's place"
    )
    func absence() throws {
        let sites = (try Site(folder, "a"), try Site(folder, "b"))
        try opens(
            sites.0, try work(attempt: 1), roster: [sites.0.identity, sites.1.identity] + strangers)
        #expect(try difference(sites.0, sites.1).contains("which has no line of it"))
        let impostor = try Site(folder, "c")
        try opens(
            impostor, try work(attempt: 1), roster: [sites.0.identity, sites.1.identity] + strangers)
        #expect(
            try difference(sites.0, impostor).contains("worker \(impostor.identity.text) has signed"))
        #expect(try difference(sites.0, sites.0).contains("both are signed by worker"))
        let other = try Site(folder, "d", run: "other")
        #expect(try difference(sites.0, other) == "they are of different runs: other, toy")
    }

    @Test(
        "need not have the same rounds: a worker that was away, or lost in an attempt, contradicts nobody"
    )
    func away() throws {
        let sites = (try Site(folder, "a"), try Site(folder, "b"))
        let all = [sites.0.identity, sites.1.identity] + strangers
        try sites.0.writer.willSend(.masked(roster: all), of: try work(attempt: 1))
        // Without the first site, which was lost in it, the round was begun anew.
        try opens(sites.1, try work(attempt: 2), roster: Array(all.dropFirst()))
        try opens(sites.1, try work(1, attempt: 3), roster: Array(all.dropFirst()))
        let comparison = TranscriptComparison(try sites.0.transcript(), try sites.1.transcript())
        #expect(
            comparison.difference == nil && comparison.rounds == 1, "\(comparison.difference ?? "")")
    }
}
