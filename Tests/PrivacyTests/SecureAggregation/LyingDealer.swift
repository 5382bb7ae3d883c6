import Crypto
import Foundation
import Testing

@testable import Privacy

/// What a dishonest worker gives one of its neighbours in place of the shares.
enum DealtPart: CaseIterable {
    /// The shares.
    case honest
    /// Bytes that do not open.
    case garbage
    /// The shares under another key's signature.
    case unsigned
    /// Shares of something else, signed as they should be.
    case wrong
}

extension TestRound {
    /// The number of a worker in the list of keys.
    func place(of worker: Int) throws -> Int {
        try #require(server.session?.roster.place(of: workers[worker].identity))
    }

    /// The message of a worker's shares, in which each neighbour gets what `part` says.
    func shares(of worker: Int, _ part: (_ holder: Int) -> DealtPart) throws -> Data {
        let me = workers[worker]
        let session = try #require(me.session)
        let roster = session.roster
        var body = try SignedMessage(session.answer, as: .shares, round: configuration.round).body
        for (index, peer) in roster.graph.neighbours(of: session.place).enumerated() {
            let holder = try #require(workers.firstIndex { $0.identity == roster.workers[peer] })
            let range = index * SealedShares.byteCount..<(index + 1) * SealedShares.byteCount
            let channel = try SealedShares(
                from: session.place, to: peer, roster: roster, own: me.secrets.sharesKey, peer: peer)
            let dealt = try channel.open(Data(body[range]))
            switch part(holder) {
            case .honest: continue
            case .garbage: body.replaceSubrange(range, with: Data(repeating: 0x5a, count: range.count))
            case .unsigned: body.replaceSubrange(range, with: try channel.seal(resigned(dealt, worker, peer, .init())))
            case .wrong:
                let noise = Data(SHA256.hash(data: Data([UInt8(index)])))
                let seed = zip(dealt.seedShare, noise).map { $0 ^ $1 }
                let key = zip(dealt.keyShare, noise).map { $0 ^ $1 }
                let wrong = DealtPairs(seed: seed, key: key)
                body.replaceSubrange(range, with: try channel.seal(signed(wrong, worker, peer, keys[worker])))
            }
        }
        return try SignedMessage(.shares, body: body, key: keys[worker], scope: roster.scope)
            .bytes(round: configuration.round)
    }

    private struct DealtPairs {
        let seed: [UInt8]
        let key: [UInt8]
    }

    private func resigned(
        _ shares: DealtShares, _ worker: Int, _ peer: Int, _ key: Curve25519.Signing.PrivateKey
    ) throws -> DealtShares {
        try signed(DealtPairs(seed: Array(shares.seedShare), key: Array(shares.keyShare)), worker, peer, key)
    }

    private func signed(
        _ pair: DealtPairs, _ worker: Int, _ peer: Int, _ key: Curve25519.Signing.PrivateKey
    ) throws -> DealtShares {
        let session = try #require(workers[worker].session)
        let deal = try #require(Deal(session.roster, owner: session.place, holder: peer))
        return try DealtShares(seedShare: pair.seed, keyShare: pair.key, deal: deal, key: key)
    }

    /// The round up to the vectors, in which `liar` deals as `part` says.
    mutating func deal(lying liar: Int, _ part: (_ holder: Int) -> DealtPart) throws {
        let all = Array(workers.indices)
        try advertise(all)
        for worker in all {
            let message = try #require(server.message(for: workers[worker].identity))
            let answer = try #require(try workers[worker].answer(message))
            try server.receive(worker == liar ? shares(of: worker, part) : answer)
        }
        try server.advance()
        _ = try answers(of: all)
    }

    /// Makes a worker say that it could not open another's shares.
    mutating func complain(_ liar: Int, of dealer: Int) throws {
        let place = try place(of: dealer)
        workers[liar].session?.held[place] = nil
        workers[liar].session?.unopened.append(place)
    }

    /// The vectors of `present`, each of which has been given its neighbours' shares, without the end of the stage.
    mutating func fold(_ vectors: [[UInt32]], of present: [Int]) throws {
        for worker in present {
            let masked = try workers[worker].mask(vectors[worker])
            try server.fold(encoded: masked.encoded)
        }
    }

    /// The rest of a round whose vectors are there; worker `w` is lost before it answers in stage `lost[w]`.
    mutating func finish(losing lost: [Int: SecureAggregationServer.Stage] = [:]) throws -> SecureSum {
        func present(_ stage: SecureAggregationServer.Stage) -> [Int] {
            workers.indices.filter { lost[$0].map { $0 > stage } ?? true }
        }
        try server.advance()
        try consent(present(.consents))
        return try reveal(present(.reveals))
    }
}

/// The error that `body` throws.
func failure(_ body: () throws -> Void) -> PrivacyError? {
    do {
        try body()
        return nil
    } catch {
        return error as? PrivacyError
    }
}
