import Foundation

extension SecureAggregationWorker {
    /// Masks this worker's vector; once, as the difference of two vectors under the same masks is no secret.
    ///
    /// - Parameters:
    ///   - vector: As many elements below 2^bits as the configuration says. Masked in place where the caller lets
    ///     go of it.
    ///   - lanes: The threads that make masks; blocks until they are done.
    /// - Returns: The vector in chunks, to be sent after its header.
    /// - Throws: ``PrivacyError/Code/wrongStage`` before the neighbours' shares are here or at a second call,
    ///   ``PrivacyError/Code/invalidValue`` for another number of elements.
    public mutating func mask(_ vector: consuming [UInt32], lanes: Int = 1) throws -> MaskedVector {
        let session = try open(.maskedInput)
        guard delivered != nil else {
            throw PrivacyError(.wrongStage, "a vector cannot be masked before the neighbours' shares are here")
        }
        guard !hasMasked else {
            throw PrivacyError(
                .wrongStage, "a vector was masked in round \(configuration.round) already; send that one")
        }
        guard vector.count == configuration.elements else {
            throw PrivacyError(
                .invalidValue, "the vector has \(vector.count) elements; \(configuration.elements) were agreed on")
        }
        Mask.apply(try masks(session), to: &vector, lanes: lanes)
        let ring = UInt32.max >> UInt32(32 - configuration.bits)
        for index in vector.indices { vector[index] &= ring }
        hasMasked = true
        let pledge = try SignedMessage(
            .pledge, body: session.sharing.bytes, key: key, scope: session.roster.scope
        ).signature
        return try MaskedVector(
            vector, bits: configuration.bits, pledge: pledge, unopened: session.unopened
        ) { input in
            try SignedMessage(.maskedInput, body: input.body, key: key, scope: session.roster.scope)
                .bytes(round: configuration.round)
        }
    }

    /// The own mask, and one with each neighbour that shared its secrets.
    private func masks(_ session: WorkerSession) throws -> [Mask] {
        let roster = session.roster
        let place = session.place
        let own = Mask(key: roster.ownKey(secrets.seed, place), sign: .plus)
        return try [own]
            + session.maskingPeers.map { peer in
                let secret = try roster.agreement(secrets.maskingKey, with: peer, \.maskingKey)
                return Mask(key: roster.pairKey(secret, place, peer), sign: roster.sign(of: place, with: peer))
            }
    }
}
