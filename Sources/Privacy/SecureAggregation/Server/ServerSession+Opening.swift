import Crypto
import Foundation

/// What a worker reveals: shares of others' secrets, and its own seed.
struct CheckedReveal {
    var shares: [(owner: Int, share: ShamirSharing.Share)] = []
    let seed: [UInt8]
}

extension ServerSession {
    /// What a worker's message reveals, each share that is still of use checked by its owner's signature, the seed by the
    /// worker's commitment.
    ///
    /// - Throws: ``PrivacyError`` that names the worker for anything that an honest one does not send: it opened the shares
    ///   itself, and complained of those that it could not open.
    func checked(_ body: Data, from holder: Int) throws -> CheckedReveal {
        var reader = MessageReader(body, of: MessageKind.reveal.name)
        var shares: [(owner: Int, share: ShamirSharing.Share)] = []
        for owner in owners(heldBy: holder) {
            let revealed = try RevealedShare(from: &reader)
            guard openings[owner, default: []].count < roster.sharesNeeded(of: owner),
                let deal = Deal(roster, owner: owner, holder: holder)
            else { continue }
            try revealed.verify(kind(of: owner), deal: deal)
            shares.append((owner, ShamirSharing.Share(point: deal.point, bytes: Array(revealed.share))))
        }
        let seed = Array(try reader.take(32))
        try reader.finish()
        guard isSecret(seed, of: holder) else {
            throw PrivacyError(
                .tampered, "worker \(roster.workers[holder]) gave another seed than the one it committed to")
        }
        return CheckedReveal(shares: shares, seed: seed)
    }

    /// Takes what a worker revealed. A secret is put together as soon as there are shares enough, also where its owner gave
    /// it: shares that do not give it show that their owner dealt wrongly, for each bears its signature.
    mutating func take(_ reveal: CheckedReveal, from holder: Int) {
        secrets[holder] = reveal.seed
        revealed.insert(holder)
        for (owner, share) in reveal.shares {
            openings[owner, default: []].append(share)
            guard let shares = openings[owner], shares.count == roster.sharesNeeded(of: owner) else { continue }
            if let secret = ShamirSharing.recover(shares), isSecret(secret, of: owner) {
                secrets[owner] = secret
            } else {
                misdealt.insert(owner)
            }
        }
    }

    /// Whether bytes are the secret of a worker that is to be opened, by what it signed in its advertisement.
    private func isSecret(_ bytes: [UInt8], of owner: Int) -> Bool {
        let keys = roster.keys[owner]
        switch kind(of: owner) {
        case .seed: return Advertisement.commitment(to: bytes, context: roster.scope.context) == keys.seedCommitment
        case .maskingKey:
            let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes)
            return key?.publicKey.rawRepresentation == keys.maskingKey.rawRepresentation
        }
    }

    /// The masks of a worker that are still in the sum, with the signs that take them away.
    func masks(openedBy owner: Int) throws -> [Mask] {
        guard let secret = secrets[owner] else { throw unopenable(owner) }
        switch kind(of: owner) {
        case .seed: return [Mask(key: roster.ownKey(SymmetricKey(data: secret), owner), sign: .minus)]
        case .maskingKey:
            let key = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret)
            return try roster.graph.neighbours(of: owner).filter(survivors.contains).map { peer in
                let pair = try roster.agreement(key, with: peer, \.maskingKey)
                return Mask(
                    key: roster.pairKey(pair, owner, peer), sign: roster.sign(of: peer, with: owner).opposite)
            }
        }
    }

    /// Why there is no sum: whoever dealt wrongly, or else those that were waited for.
    private func unopenable(_ owner: Int) -> PrivacyError {
        guard misdealt.isEmpty else {
            let culprits = misdealt.sorted().map { roster.workers[$0] }
            return PrivacyError(
                .tampered,
                "the shares that worker \(culprits.map(\.description).joined(separator: ", ")) dealt do not give the secret "
                    + "it committed to, though it signed each of them", culprits: culprits)
        }
        let shares = openings[owner, default: []].count
        return PrivacyError(
            .belowThreshold,
            "\(shares) shares of worker \(roster.workers[owner]) were revealed; \(roster.sharesNeeded(of: owner)) are "
                + "needed to take its masks off the sum. The round ends without a sum; begin another",
            absent: survivors.members.filter { !revealed.contains($0) }.map { roster.workers[$0] })
    }
}
