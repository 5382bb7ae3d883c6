import Foundation
import Testing

@testable import Privacy

@Suite("Accountants")
struct AccountantTests {
    @Test("The Rényi accountant gives the reference's epsilon", arguments: ReferenceRow.all)
    func renyi(row: ReferenceRow) throws {
        let spent = try row.spent(by: .rdp)
        #expect(relativeError(spent.epsilon, row.rdp) < 1e-6, "\(spent)")
        #expect(spent.epsilon < row.loose * (1 + 1e-9) && spent.epsilon > row.fine)
        #expect(!spent.isAtEdge)
    }

    @Test(
        "The loss distribution accountant is never below the reference and within 0.5% above it",
        arguments: ReferenceRow.all)
    func lossDistribution(row: ReferenceRow) throws {
        let epsilon = try row.spent(by: .pld).epsilon
        #expect(epsilon > row.fine * (1 - 5e-6), "\(epsilon)")
        #expect(epsilon < row.fine * (1 + 2e-4), "\(epsilon)")
        #expect(epsilon < row.pld * 1.0005)
    }

    @Test(
        "A plain Gaussian's epsilon by loss distributions is the exact one, from above",
        arguments: [(0.5, 1e-5), (1, 1e-5), (1, 1e-12), (3, 1e-6), (10, 1e-5), (0.2, 1e-3), (40, 1e-9)])
    func gaussian(noise: Double, delta: Double) throws {
        let release = try PrivacyRelease(.gaussian(noiseMultiplier: noise))
        let epsilon = try PrivacyAccountant.pld.spent(by: [release], delta: delta).epsilon
        #expect(AnalyticGaussian.delta(epsilon: epsilon, noiseMultiplier: noise) <= delta)
        #expect(AnalyticGaussian.delta(epsilon: epsilon * 0.9998, noiseMultiplier: noise) > delta)
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
        #expect(AnalyticGaussian.delta(epsilon: epsilon * 0.9998, noiseMultiplier: 1 / noise) > 1e-6)
    }

    @Test(
        "Rare participation, with losses of very different sizes, is accounted as exactly",
        arguments: [
            // Single releases by mpmath from the exact trade; the other by a tilted sum in numpy.
            (0.00011585985714763907, 1.8612943515499885, 1, 1e-5, 5.60900743695608e-5),
            (0.001, 0.5, 1, 1e-12, 6.6283388490608), (0.3, 0.8, 1, 1e-6, 4.79141402934545),
            (1e-6, 0.3, 1, 1e-10, 3.49934438570945),
            (0.001399471626729787, 8.536945836726687, 13660, 1e-8, 0.088024),
        ])
    func rare(rate: Double, noise: Double, count: Int, delta: Double, expected: Double) throws {
        let release = try PrivacyRelease(
            .gaussian(noiseMultiplier: noise), sampling: .poisson(rate: rate), count: count)
        let epsilon = try PrivacyAccountant.pld.spent(by: [release], delta: delta).epsilon
        #expect(epsilon > expected * (1 - 1e-6) && epsilon < expected * (1 + 3e-4), "\(epsilon)")
    }

    @Test("Different sampled mechanisms compose to the reference's epsilon")
    func mixture() throws {
        let releases = try [(0.1, 1.0, 50), (0.01, 0.8, 500), (1, 10, 5)].map { rate, noise, count in
            try PrivacyRelease(.gaussian(noiseMultiplier: noise), sampling: .poisson(rate: rate), count: count)
        }
        let tight = try PrivacyAccountant.pld.spent(by: releases, delta: 1e-5).epsilon
        #expect(tight > 5.621298012 && tight < 5.621298012 * 1.0002, "\(tight)")
        let loose = try PrivacyAccountant.rdp.spent(by: releases, delta: 1e-5).epsilon
        // The reference's at whole orders only; the other is a quadrature at order 3.6.
        #expect(loose < 6.58107920305768 && relativeError(loose, 6.363032248843655) < 1e-9, "\(loose)")
    }

    @Test(
        "Divergences at whole orders are those of an exact oracle",
        arguments: [
            (0.01, 1.0, 2.0, 0.00017181342207455162), (0.01, 1, 8, 0.000893643907606041),
            (0.01, 1, 64, 27.32173187455178),
            (0.3, 2, 2, 0.025241035351696), (0.3, 2, 8, 0.16085874237346848), (0.3, 2, 256, 30.791305733696316),
        ])
    func integerOracle(rate: Double, noise: Double, order: Double, expected: Double) {
        let divergence = SampledGaussian(rate: rate, noise: noise).divergence(order: order)
        #expect(relativeError(divergence, expected) < 1e-9, "\(divergence)")
    }

    @Test(
        "Settings at the ends of their ranges have an answer, and never a larger one by loss distributions",
        arguments: [
            (1e-9, 0.01, 1, 1e-100), (1, 0.01, 1, 0.9), (0.5, 0.03, 1, 1e-100), (1, 1e6, 1, 1e-100),
            (1e-9, 1e6, Int(Int32.max), 1e-100), (1e-9, 0.01, Int(Int32.max), 1e-100), (0.5, 0.3, Int(Int32.max), 0.9),
        ])
    func extremes(rate: Double, noise: Double, count: Int, delta: Double) throws {
        let release = try PrivacyRelease(
            .gaussian(noiseMultiplier: noise), sampling: .poisson(rate: rate), count: count)
        let tight = try PrivacyAccountant.pld.spent(by: [release], delta: delta).epsilon
        let loose = try PrivacyAccountant.rdp.spent(by: [release], delta: delta).epsilon
        #expect(tight >= 0 && tight <= loose && tight.isFinite)
    }

    @Test("Replacing one under full participation is what adding one is, at the sensitivity that belongs to it")
    func replaceOne() throws {
        let epsilons = try [Adjacency.addOrRemoveOne, .replaceOne].map { adjacency in
            let sensitivity = adjacency == .replaceOne ? 1.0 : 0.5
            let release = try PrivacyRelease(.gaussian(noiseMultiplier: 2 / sensitivity), adjacency: adjacency)
            return try PrivacyAccountant.pld.spent(by: [release], delta: 1e-5).epsilon
        }
        #expect(epsilons[1] > 1.9 * epsilons[0])
        #expect(AnalyticGaussian.delta(epsilon: epsilons[1], noiseMultiplier: 2) <= 1e-5)
        #expect(AnalyticGaussian.delta(epsilon: epsilons[1] * 0.999, noiseMultiplier: 2) > 1e-5)
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
