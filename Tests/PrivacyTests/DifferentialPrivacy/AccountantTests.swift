import Foundation
import Testing

@testable import Privacy

@Suite("Accountants")
struct AccountantTests {
    @Test("The Rényi accountant gives the reference's epsilon", arguments: ReferenceRow.all)
    func renyi(row: ReferenceRow) throws {
        let spent = try row.spent(by: .rdp)
        #expect(relativeError(spent.epsilon, row.rdp) < 1e-6, "\(spent)")
        #expect(!spent.isAtEdge)
    }

    @Test("The loss distribution accountant is never below the reference and within 0.5% above it",
        arguments: ReferenceRow.all)
    func lossDistribution(row: ReferenceRow) throws {
        let epsilon = try row.spent(by: .pld).epsilon
        #expect(epsilon > row.fine * (1 - 5e-6), "\(epsilon)")
        #expect(epsilon < row.fine * (1 + 5e-5), "\(epsilon)")
        #expect(relativeError(epsilon, row.pld) < 2e-4)
    }

    @Test("A plain Gaussian's epsilon by loss distributions is the exact one, from above",
        arguments: [(0.5, 1e-5), (1, 1e-5), (1, 1e-12), (3, 1e-6), (10, 1e-5), (0.2, 1e-3), (40, 1e-9)])
    func gaussian(noise: Double, delta: Double) throws {
        let release = try PrivacyRelease(.gaussian(noiseMultiplier: noise))
        let epsilon = try PrivacyAccountant.pld.spent(by: [release], delta: delta).epsilon
        #expect(AnalyticGaussian.delta(epsilon: epsilon, noiseMultiplier: noise) <= delta)
        #expect(AnalyticGaussian.delta(epsilon: epsilon * 0.9999, noiseMultiplier: noise) > delta)
    }

    @Test("Many Gaussians are one with less noise, whatever they are composed of")
    func composition() throws {
        let releases = [
            try PrivacyRelease(.gaussian(noiseMultiplier: 8), count: 10),
            try PrivacyRelease(.gaussian(noiseMultiplier: 20), count: 100),
            try PrivacyRelease(.gaussian(noiseMultiplier: 3)),
        ]
        let noise = (10.0 / 64 + 100.0 / 400 + 1.0 / 9).squareRoot()
        let epsilon = try PrivacyAccountant.pld.spent(by: releases, delta: 1e-6).epsilon
        #expect(AnalyticGaussian.delta(epsilon: epsilon, noiseMultiplier: 1 / noise) <= 1e-6)
        #expect(AnalyticGaussian.delta(epsilon: epsilon * 0.9999, noiseMultiplier: 1 / noise) > 1e-6)
    }

    @Test("The divergence at order 8 is that of an integer oracle")
    func integerOracle() {
        let divergence = SampledGaussian(rate: 0.01, noise: 1).divergence(order: 8)
        #expect(relativeError(divergence, 0.000893643907606) < 1e-11, "\(divergence)")
    }

    @Test("Fractional orders meet whole ones", arguments: [(0.01, 1.0), (0.3, 0.6), (1e-4, 2), (0.9, 5), (0.99, 0.3)])
    func fractionalOrders(rate: Double, noise: Double) {
        let mechanism = SampledGaussian(rate: rate, noise: noise)
        for order in [2.0, 3, 7, 10] {
            let near = mechanism.divergence(order: order + 1e-9)
            #expect(relativeError(near, mechanism.divergence(order: order)) < 1e-6)
        }
    }

    @Test("Samples of fixed size give the reference's epsilon under replace-one")
    func withoutReplacement() throws {
        for (noise, expected) in [(2.0, 7.951261230763687), (4, 3.353291802895352)] {
            let release = try PrivacyRelease(
                .gaussian(noiseMultiplier: noise), sampling: .fixedSize(size: 100, population: 1000),
                adjacency: .replaceOne, count: 200)
            let spent = try PrivacyAccountant.rdp.spent(by: [release], delta: 1e-5)
            #expect(relativeError(spent.epsilon, expected) < 1e-9, "\(spent)")
        }
    }

    @Test("The best order is flagged where it is the last one tried")
    func edge() throws {
        let release = try PrivacyRelease(.gaussian(noiseMultiplier: 5000))
        #expect(try PrivacyAccountant.rdp.spent(by: [release], delta: 1e-9).isAtEdge)
    }

    @Test("The analytic Gaussian's noise is the reference's")
    func analyticGaussian() throws {
        let noise = try AnalyticGaussian.noiseMultiplier(epsilon: 1, delta: 1e-5)
        #expect(relativeError(noise, 3.730631634944469) < 1e-6, "\(noise)")
        #expect(AnalyticGaussian.delta(epsilon: 1, noiseMultiplier: noise) <= 1e-5)
    }
}

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
        for (kind, expected) in [(DistributedNoise.Kind.discreteGaussian, row.discreteGaussian), (.skellam, row.skellam)] {
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
