import Crypto
import Foundation

/// What a round of secure aggregation ends with.
public struct SecureSum: Sendable, Equatable {
    /// The sum of the survivors' vectors, element by element, modulo 2^bits.
    public let elements: [UInt32]
    /// Whose vectors are in it.
    public let workers: [WorkerIdentity]
}

extension SecureAggregationServer {
    /// Whether the shares received open every secret that stands between the masked sum and the sum.
    public var canFinish: Bool {
        guard stage == .reveals, let session else { return false }
        return session.secretsNeeded.allSatisfy {
            session.openings[$0, default: []].count >= session.roster.sharesNeeded(of: $0)
        }
    }

    /// Takes the masks off the sum.
    ///
    /// - Parameter lanes: The threads that make masks; blocks until they are done.
    /// - Throws: ``PrivacyError/Code/belowThreshold`` where a secret has too few shares, ``PrivacyError/Code/tampered``
    ///   where shares do not give what their owner committed to. The round is over then, and forgotten.
    public mutating func finish(lanes: Int = 1) throws -> SecureSum {
        let session = try open(.reveal, .reveals)
        do {
            let masks = try session.secretsNeeded.flatMap { try session.masks(openedBy: $0, configuration.digest) }
            Mask.apply(masks, to: &sum, lanes: lanes)
            let ring = UInt32.max >> UInt32(32 - configuration.bits)
            for index in sum.indices { sum[index] &= ring }
            defer { forget(.finished) }
            return SecureSum(elements: sum, workers: session.survivors.members.map { session.roster.workers[$0] })
        } catch let error as PrivacyError {
            throw fail(error)
        }
    }
}

extension ServerSession {
    /// The masks of a worker that are still in the sum, with the signs that take them away.
    func masks(openedBy owner: Int, _ context: Data) throws -> [Mask] {
        let secret = try secret(of: owner)
        switch kind(of: owner) {
        case .seed:
            guard Advertisement.commitment(to: secret, context: context) == roster.keys[owner].seedCommitment else {
                throw misdealt(owner)
            }
            return [Mask(key: roster.ownKey(SymmetricKey(data: secret), owner), sign: .minus)]
        case .maskingKey:
            let key = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret)
            guard key.publicKey.rawRepresentation == roster.keys[owner].maskingKey.rawRepresentation else {
                throw misdealt(owner)
            }
            return try roster.graph.neighbours(of: owner).filter(survivors.contains).map { peer in
                let pair = try roster.agreement(key, with: peer, \.maskingKey)
                return Mask(
                    key: roster.pairKey(pair, owner, peer), sign: roster.sign(of: peer, with: owner).opposite)
            }
        }
    }

    private func secret(of owner: Int) throws -> [UInt8] {
        let shares = openings[owner, default: []]
        let needed = roster.sharesNeeded(of: owner)
        guard shares.count >= needed, let secret = ShamirSharing.recover(Array(shares.prefix(needed))) else {
            throw PrivacyError(
                .belowThreshold,
                "\(shares.count) shares of worker \(roster.workers[owner]) were revealed; \(needed) are needed to "
                    + "take its masks off the sum. The round ends without a sum; begin another")
        }
        return secret
    }

    private func misdealt(_ owner: Int) -> PrivacyError {
        PrivacyError(
            .tampered,
            "the shares that worker \(roster.workers[owner]) dealt do not give the secret it committed to: leave it "
                + "out of the next round")
    }
}
