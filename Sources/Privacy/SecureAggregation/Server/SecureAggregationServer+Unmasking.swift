import Foundation

/// What a round of secure aggregation ends with.
public struct SecureSum: Sendable, Equatable {
    /// The sum of the survivors' vectors, element by element, modulo 2^bits.
    public let elements: [UInt32]
    /// Whose vectors are in it.
    public let workers: [WorkerIdentity]
    /// Workers whose shares do not give their secrets, which they gave themselves: they dealt wrongly.
    public let misdealt: [WorkerIdentity]
}

extension SecureAggregationServer {
    /// Whether what was revealed opens every secret that stands between the masked sum and the sum.
    public var canFinish: Bool {
        guard stage == .reveals, let session else { return false }
        return session.secretsNeeded.allSatisfy { session.secrets[$0] != nil }
    }

    /// Takes the masks off the sum.
    ///
    /// - Parameter lanes: The threads that make masks; blocks until they are done.
    /// - Throws: ``PrivacyError/Code/belowThreshold`` where a secret has too few shares, ``PrivacyError/Code/tampered`` with
    ///   the culprits where shares do not give what their owner committed to. The round is over then, and forgotten.
    public mutating func finish(lanes: Int = 1) throws -> SecureSum {
        let session = try open(.reveal, .reveals)
        do {
            let masks = try session.secretsNeeded.flatMap { try session.masks(openedBy: $0) }
            Mask.apply(masks, to: &sum, lanes: lanes)
            let ring = UInt32.max >> UInt32(32 - configuration.bits)
            for index in sum.indices { sum[index] &= ring }
            defer { forget(.finished) }
            return SecureSum(
                elements: sum, workers: session.survivors.members.map { session.roster.workers[$0] },
                misdealt: session.misdealt.sorted().map { session.roster.workers[$0] })
        } catch let error as PrivacyError {
            throw fail(error)
        }
    }
}
