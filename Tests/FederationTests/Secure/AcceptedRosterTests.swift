import Crypto
import Foundation
import Privacy
import SwiftProtobuf
import Tensors
import Testing

@testable import Federation

@Suite("Workers that accept one another")
struct AcceptedRosterTests {
    /// Signing keys in their order.
    private let keys = (0..<8).map { _ in WorkerIdentity(Curve25519.Signing.PrivateKey().publicKey) }.sorted()

    /// A roster of workers, each of which accepts the workers that `lists` has for it, or everyone.
    private func roster(
        _ lists: [Int: Set<Int>], workers: Int, mostLiars: Int = 1, fewest: [Int: Int] = [:]
    ) -> (members: [Int], leftOut: Set<Int>, reasons: [Int: String]) {
        let trust = Dictionary(
            uniqueKeysWithValues: (0..<workers).map { worker in
                let list = lists[worker].map { Set($0.map { keys[$0] }) } ?? fewest[worker].map { _ in Set(keys) }
                return (keys[worker], TrustedKeys(list, fewest: fewest[worker] ?? 0))
            })
        let roster = AcceptedRoster(trust, mostLiars: mostLiars)
        let number = { (key: WorkerIdentity) in keys.firstIndex(of: key) ?? -1 }
        let reasons = Dictionary(uniqueKeysWithValues: roster.leftOut.map { (number($0.key), $0.value) })
        return (roster.members.map(number), Set(reasons.keys), reasons)
    }

    @Test("are all that take everyone, and all that are on everybody's list")
    func complete() {
        #expect(roster([:], workers: 5).members == [0, 1, 2, 3, 4])
        let all = Set(0..<5)
        #expect(roster([0: all, 1: all, 4: all], workers: 5).leftOut.isEmpty)
    }

    @Test("go on without one that is on nobody's list, whatever it says itself", arguments: [nil, Set(0..<8), []])
    func stranger(own: Set<Int>?) {
        for stranger in 0..<5 {
            let known = Set(0..<5).subtracting([stranger])
            var lists = Dictionary(uniqueKeysWithValues: known.map { ($0, known) })
            lists[stranger] = own
            let found = roster(lists, workers: 5)
            #expect(found.members == known.sorted() && found.leftOut == [stranger])
            #expect(found.reasons[stranger]?.contains("do not accept its signing key") == true)
        }
    }

    @Test("go on without as many as are assumed to lie that object to honest ones: no honest worker is left out")
    func objectors() {
        for liar in 0..<5 {
            for victims in [Set([(liar + 1) % 5]), Set(0..<5).subtracting([liar])] {
                let found = roster([liar: Set(0..<5).subtracting(victims)], workers: 5)
                #expect(found.leftOut == [liar], "\(liar) objects to \(victims)")
            }
        }
        let two = roster([0: [0, 1], 1: [0, 1]], workers: 6, mostLiars: 2)
        #expect(two.leftOut == [0, 1])
        #expect(two.reasons[0]?.contains("does not accept the signing keys of workers") == true)
    }

    @Test("go on without one that demands more workers than there are, and then without those that demand them too")
    func demands() {
        #expect(roster([:], workers: 5, fewest: [2: 9_999, 3: 5]).leftOut == [2, 3])
        #expect(roster([:], workers: 5, fewest: [2: 9_999, 3: 4]).leftOut == [2])
    }

    @Test("are the same in whatever order they come, and accept one another, whatever the lists", arguments: 0..<40)
    func laws(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let lists = Dictionary(
            uniqueKeysWithValues: (0..<8).filter { _ in random.next() % 4 > 0 }.map { worker in
                (worker, Set((0..<8).filter { $0 == worker || random.next() % 5 > 0 }))
            })
        let found = roster(lists, workers: 8)
        #expect(found == roster(lists, workers: 8))
        for worker in found.members { #expect(lists[worker].map { $0.isSuperset(of: found.members) } ?? true) }
        #expect(Set(found.members).union(found.leftOut) == Set(0..<8) && found.leftOut.isDisjoint(with: found.members))
    }

    @Test("say whom they accept in a message that earlier releases can do without")
    func wire() throws {
        let trusted = TrustedKeys(Set(keys), fewest: 4)
        let wire = try WireTrust(serializedBytes: try trusted.wire.serializedBytes() as Data)
        #expect(wire.fingerprints.count == keys.count * 16 && !wire.everyone)
        let accepts = { (key: WorkerIdentity) in trusted.accepts(TrustedKeys.Fingerprint(key.fingerprint)) }
        #expect(try TrustedKeys(wire) == trusted && keys.allSatisfy(accepts))
        #expect(!accepts(WorkerIdentity(Curve25519.Signing.PrivateKey().publicKey)))
        let sorted = keys.map(\.fingerprint).sorted { $0.lexicographicallyPrecedes($1) }
        #expect(wire.fingerprints == sorted.reduce(Data(), +))
        #expect(try TrustedKeys(nil) == .everyone && TrustedKeys(TrustedKeys.everyone.wire) == .everyone)
        #expect(TrustedKeys(nil, fewest: 3) == .everyone)
        for size in [15, 17, (TrustedKeys.most + 1) * 16] {
            #expect(throws: FederationError.self) { try TrustedKeys(.with { $0.fingerprints = Data(count: size) }) }
        }
        let largest = WireTrust.with { $0.fingerprints = Data(count: TrustedKeys.most * 16) }
        #expect(try (largest.serializedBytes() as Data).count + 2_000 < CoordinatorServer.controlLimit)
    }
}
