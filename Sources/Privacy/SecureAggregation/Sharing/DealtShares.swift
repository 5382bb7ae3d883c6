import Crypto
import Foundation

/// Which secret of a worker a share belongs to. Of one worker, only one of the two is ever revealed.
enum SharedSecretKind: UInt8, Sendable {
    /// Of the worker's own mask: revealed where its vector is in the sum.
    case seed
    /// Of its pairwise masks: revealed where its vector is not.
    case maskingKey

    /// A share is as random as its secret, so its digest binds and hides it.
    func digest(of share: Data) -> Data {
        Data(SHA256.hash(data: Data("lorad secure aggregation 1 share".utf8) + [rawValue] + share))
    }
}

/// What a worker gives one holder: a share of each secret, under a signature that whoever sees one of them can check.
struct DealtShares: Sendable, Equatable {
    static let byteCount = 128

    let seedShare: Data
    let keyShare: Data
    let signature: Data

    /// Signs the shares of one holder.
    init(
        seedShare: [UInt8], keyShare: [UInt8], deal: Deal, key: Curve25519.Signing.PrivateKey
    ) throws {
        self.seedShare = Data(seedShare)
        self.keyShare = Data(keyShare)
        signature = try key.signature(
            for: deal.signedBytes(
                SharedSecretKind.seed.digest(of: self.seedShare),
                SharedSecretKind.maskingKey.digest(of: self.keyShare)))
    }

    init(_ bytes: Data) throws {
        var reader = MessageReader(bytes, of: "a pair of shares")
        seedShare = try reader.take(32)
        keyShare = try reader.take(32)
        signature = try reader.take(64)
        try reader.finish()
    }

    var bytes: Data { seedShare + keyShare + signature }

    /// One of the two shares, with what proves that its owner dealt it; of the other there is only a digest.
    func revealing(_ kind: SharedSecretKind) -> RevealedShare {
        switch kind {
        case .seed:
            RevealedShare(
                share: seedShare, otherDigest: SharedSecretKind.maskingKey.digest(of: keyShare), signature: signature)
        case .maskingKey:
            RevealedShare(
                share: keyShare, otherDigest: SharedSecretKind.seed.digest(of: seedShare), signature: signature)
        }
    }
}

/// One share as the coordinator sees it.
struct RevealedShare: Sendable, Equatable {
    static let byteCount = 128

    let share: Data
    let otherDigest: Data
    let signature: Data

    init(share: Data, otherDigest: Data, signature: Data) {
        self.share = share
        self.otherDigest = otherDigest
        self.signature = signature
    }

    init(from reader: inout MessageReader) throws {
        share = try reader.take(32)
        otherDigest = try reader.take(32)
        signature = try reader.take(64)
    }

    var bytes: Data { share + otherDigest + signature }

    /// - Throws: ``PrivacyError/Code/tampered`` unless the owner dealt this share to this holder in this round.
    func verify(_ kind: SharedSecretKind, deal: Deal) throws {
        let digest = kind.digest(of: share)
        let signed =
            kind == .seed ? deal.signedBytes(digest, otherDigest) : deal.signedBytes(otherDigest, digest)
        guard deal.owner.verifies(signature, of: signed) else {
            throw PrivacyError(
                .tampered, "the share that worker \(deal.holder) gave of worker \(deal.owner) is not what was dealt")
        }
    }
}

/// Whose shares are held by whom, and where on the polynomial.
struct Deal: Sendable {
    let scope: MessageScope
    let owner: WorkerIdentity
    let holder: WorkerIdentity
    let point: UInt8

    /// - Returns: Nil where `holder` is not in the neighbourhood of `owner`.
    init?(_ roster: Roster, owner: Int, holder: Int) {
        guard let point = roster.graph.point(of: holder, sharesOf: owner) else { return nil }
        scope = roster.scope
        self.owner = roster.workers[owner]
        self.holder = roster.workers[holder]
        self.point = point
    }

    func signedBytes(_ seedDigest: Data, _ keyDigest: Data) -> Data {
        Data("lorad secure aggregation 1 deal".utf8) + scope.context + scope.roster + owner.bytes + holder.bytes
            + [point] + seedDigest + keyDigest
    }
}
