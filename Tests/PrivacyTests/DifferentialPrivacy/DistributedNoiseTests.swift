import Foundation
import Testing

@testable import Privacy

@Suite("Distributed noise")
struct DistributedNoiseTests {
    struct Row: Sendable {
        let deviation, scale: Double
        let dimension: Int
        let rate: Double
        let rounds: Int
        let discreteGaussian, skellam: Double
    }

    static let rows = [
        Row(
            deviation: 0.1, scale: 1e3, dimension: 1 << 12, rate: 1, rounds: 1, discreteGaussian: 4.757868336819822,
            skellam: 4.757870687544459),
        Row(
            deviation: 0.1, scale: 1e4, dimension: 1 << 20, rate: 1, rounds: 10, discreteGaussian: 19.84258988004289,
            skellam: 19.842590020764636),
        Row(
            deviation: 0.2, scale: 1e4, dimension: 1 << 20, rate: 0.1, rounds: 200,
            discreteGaussian: 5.343057255005495, skellam: 5.343057260192705),
    ]

    @Test("Epsilon is the published one", arguments: rows)
    func published(row: Row) throws {
        for (kind, expected) in [
            (DistributedNoise.Kind.discreteGaussian, row.discreteGaussian), (.skellam, row.skellam),
        ] {
            let noise = try DistributedNoise(
                kind: kind, clip: 1, localDeviation: row.deviation, shares: 100, scale: row.scale,
                dimension: row.dimension)
            let release = try PrivacyRelease(
                .distributed(noise), sampling: .poisson(rate: row.rate), count: row.rounds)
            let spent = try PrivacyAccountant.rdp.spent(by: [release], delta: 1e-5)
            #expect(relativeError(spent.epsilon, expected) < 1e-9, "\(kind): \(spent)")
        }
    }

    @Test("The norm after rounding is the published one")
    func norm() {
        #expect(relativeError(RoundedNorm.l2(100, dimension: 1 << 20), 522.2604714124935) < 1e-14)
        #expect(RoundedNorm.l2(100, beta: 0, dimension: 400) == 120)
    }

    @Test("Fewer shares protect less")
    func shares() throws {
        let epsilons = try [100, 67, 10].map { shares in
            let noise = try DistributedNoise(
                kind: .skellam, clip: 1, localDeviation: 0.2, shares: shares, scale: 1e4, dimension: 1 << 12)
            return try PrivacyAccountant.rdp.spent(by: [PrivacyRelease(.distributed(noise))], delta: 1e-5).epsilon
        }
        #expect(epsilons == epsilons.sorted())
    }
}
