import Crypto
import Foundation
import Testing

@testable import Privacy

@Suite struct SharingTests {
    private let secret = TestRound.secret("shared").bytes

    private func shares(_ threshold: Int, _ count: Int, _ text: String = "coefficients") -> [ShamirSharing.Share] {
        ShamirSharing.split(secret, threshold: threshold, count: count, randomness: TestRound.secret(text))
    }

    @Test("The field is that of AES: the products and the inverse of FIPS 197")
    func field() {
        #expect(GaloisField.multiply(0x57, 0x83) == 0xc1)
        #expect(GaloisField.multiply(0x57, 0x13) == 0xfe)
        for value in UInt8(1)...255 {
            #expect(GaloisField.multiply(value, GaloisField.inverse(value)) == 1)
        }
        #expect(GaloisField.inverse(0) == 0)
    }

    @Test("Any threshold of shares gives the secret", arguments: [(1, 1), (2, 3), (3, 5), (6, 8), (3, 255)])
    func recovery(threshold: Int, count: Int) {
        let shares = shares(threshold, count)
        #expect(ShamirSharing.recover(Array(shares.prefix(threshold))) == secret)
        #expect(ShamirSharing.recover(Array(shares.suffix(threshold))) == secret)
        #expect(ShamirSharing.recover(shares) == secret)
    }

    @Test("One share less fits every secret: some last share completes it to any chosen byte")
    func secrecy() {
        let known = Array(shares(3, 5).prefix(2))
        var found: Set<UInt8> = []
        for byte in UInt8.min...UInt8.max {
            let guess = ShamirSharing.Share(point: 3, bytes: [byte] + [UInt8](repeating: 0, count: 31))
            if let first = ShamirSharing.recover(known + [guess])?.first { found.insert(first) }
        }
        #expect(found.count == 256)
        #expect(ShamirSharing.recover(known) != secret)
    }

    @Test("Other randomness gives other shares of the same secret")
    func randomness() {
        #expect(shares(3, 5)[0] != shares(3, 5, "other")[0])
        #expect(shares(3, 5)[0] == shares(3, 5)[0])
    }

    @Test("A changed share gives another secret; shares of one point, of no point or of two lengths give none")
    func wrongShares() {
        var shares = shares(3, 5)
        #expect(ShamirSharing.recover([shares[0], shares[0], shares[1]]) == nil)
        #expect(ShamirSharing.recover([]) == nil)
        #expect(ShamirSharing.recover([ShamirSharing.Share(point: 0, bytes: secret)]) == nil)
        #expect(ShamirSharing.recover([shares[0], ShamirSharing.Share(point: 9, bytes: [1])]) == nil)
        var bytes = shares[1].bytes
        bytes[4] ^= 1
        shares[1] = ShamirSharing.Share(point: 2, bytes: bytes)
        #expect(ShamirSharing.recover(Array(shares.prefix(3))) != secret)
    }

    @Test("A dealt share proves its owner, its holder and its kind without the other share")
    func dealtShares() throws {
        var test = try TestRound(workers: 4)
        try test.advertise([0, 1, 2, 3])
        try test.share([0, 1, 2, 3])
        _ = try test.answers(of: [0])
        let session = try #require(test.workers[0].session)
        let owner = try #require(session.held.keys.first { $0 != session.place })
        let shares = try #require(session.held[owner])
        let deal = try #require(Deal(session.roster, owner: owner, holder: session.place))
        for kind in [SharedSecretKind.seed, .maskingKey] {
            let revealed = shares.revealing(kind)
            try revealed.verify(kind, deal: deal)
            let other: SharedSecretKind = kind == .seed ? .maskingKey : .seed
            #expect(code { try revealed.verify(other, deal: deal) } == .tampered)
            let changed = RevealedShare(
                share: revealed.share.flipped(at: 0), otherDigest: revealed.otherDigest, signature: revealed.signature)
            #expect(code { try changed.verify(kind, deal: deal) } == .tampered)
            let elsewhere = try #require(Deal(session.roster, owner: owner, holder: owner))
            #expect(code { try revealed.verify(kind, deal: elsewhere) } == .tampered)
        }
    }
}
