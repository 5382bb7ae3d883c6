import Foundation
import Testing

@testable import Privacy

@Suite("Mechanisms")
struct MechanismTests {
    static func vector(_ count: Int, seed: UInt64 = 9, norm: Double? = nil) -> [Float] {
        var source = SplitMix(seed)
        let values = (0..<count).map { _ in Float.random(in: -1...1, using: &source) }
        guard let norm else { return values }
        return values.map { $0 * Float(norm / length(values)) }
    }

    static func length(_ values: [Float]) -> Double {
        values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }

    @Test("A clipped update is within the bound, and a small one untouched", arguments: [1, 17, 4096])
    func clip(count: Int) throws {
        var update = Self.vector(count, norm: 31.7)
        let direction = update[0] / update[count - 1]
        let before = try NormClip(0.3).clip(&update)
        #expect(relativeError(before, 31.7) < 1e-6)
        #expect(Self.length(update) <= 0.3 && Self.length(update) > 0.2999)
        #expect(abs(update[0] / update[count - 1] - direction) < abs(direction) * 1e-5)
        var small = Self.vector(count, norm: 0.2)
        let copy = small
        try NormClip(0.3).clip(&small)
        #expect(small == copy)
    }

    @Test("What is not finite cannot be clipped")
    func notFinite() throws {
        var update: [Float] = [1, .nan]
        #expect(throws: PrivacyError.self) { try NormClip(1).clip(&update) }
        #expect(throws: PrivacyError.self) { try NormClip(0) }
        #expect(throws: PrivacyError.self) { try NormClip(.infinity) }
    }

    @Test("A rotation keeps norms, inverts and spreads", arguments: [1, 2, 3, 100, 1024, 5000])
    func rotation(count: Int) throws {
        let rotation = try RandomRotation(dimension: count, seed: 77)
        #expect(rotation.paddedDimension >= count && rotation.paddedDimension < 2 * count)
        #expect(rotation.paddedDimension.nonzeroBitCount == 1)
        let update = Self.vector(count)
        let rotated = try rotation.rotate(update)
        #expect(relativeError(Self.length(rotated), Self.length(update)) < 1e-5)
        let back = try rotation.unrotate(rotated)
        #expect(zip(back, update).allSatisfy { abs($0 - $1) < 1e-5 })
        var spike = [Float](repeating: 0, count: count)
        spike[count / 2] = 1
        let even = 1 / Float(rotation.paddedDimension).squareRoot()
        #expect(try rotation.rotate(spike).allSatisfy { abs(abs($0) - even) < 1e-6 })
        #expect(throws: PrivacyError.self) { try rotation.rotate(update + [1]) }
    }

    @Test("Another seed is another rotation, and different updates stay at their angle")
    func seeds() throws {
        let (a, b) = (Self.vector(256, seed: 1), Self.vector(256, seed: 2))
        let rotation = try RandomRotation(dimension: 256, seed: 1)
        #expect(try rotation.rotate(a) != RandomRotation(dimension: 256, seed: 2).rotate(a))
        let product = zip(try rotation.rotate(a), try rotation.rotate(b)).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(product - zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-4)
    }

    @Test("Rounding is unbiased and within the norm bound")
    func rounding() throws {
        let values = Self.vector(64, norm: 5)
        let rounding = ConditionalRounding(norm: 50, dimension: 64)
        var source = SplitMix(11)
        var sums = [Double](repeating: 0, count: 64)
        let rounds = 4000
        for _ in 0..<rounds {
            let rounded = try rounding.round(values, scale: 10, using: &source)
            let square = rounded.reduce(0) { $0 + $1 * $1 }
            #expect(Double(square) <= rounding.bound * rounding.bound)
            for index in sums.indices { sums[index] += Double(rounded[index]) }
        }
        for (sum, value) in zip(sums, values) {
            #expect(abs(sum / Double(rounds) - Double(value) * 10) < 5 * 0.5 / Double(rounds).squareRoot())
        }
    }

    @Test("A vector past its norm is not rounded")
    func roundingRefusal() {
        var source = SplitMix(12)
        let rounding = ConditionalRounding(norm: 5, dimension: 64)
        #expect(throws: PrivacyError.self) {
            try rounding.round(Self.vector(64, norm: 6), scale: 1, using: &source)
        }
        #expect(throws: PrivacyError.self) { try rounding.round([.nan], scale: 1, using: &source) }
    }

    @Test("The clip moves to the quantile of the norms")
    func adaptiveClip() throws {
        var clip = try AdaptiveClip(initialClip: 0.1, quantile: 0.8, countDeviation: 2)
        let norms = (1...100).map { Double($0) / 10 }
        var source = SplitMix(13)
        let noise = try GridGaussian(deviation: 2)
        for _ in 0..<300 {
            let sum = norms.reduce(0) { $0 + clip.bit(norm: $1) }
            clip.update(noisySum: try noise.noised(sum, using: &source), workers: 100)
        }
        #expect(clip.clip > 7.3 && clip.clip < 8.7, "\(clip.clip)")
        let data = try JSONEncoder().encode(clip)
        #expect(try JSONDecoder().decode(AdaptiveClip.self, from: data) == clip)
    }

    @Test("The count's noise is paid for out of the whole")
    func adaptiveClipAccounting() throws {
        let clip = try AdaptiveClip(initialClip: 1, countDeviation: 5)
        let update = try clip.updateNoiseMultiplier(total: 1)
        #expect(relativeError(update, pow(1 - 1 / 100.0, -0.5)) < 1e-14)
        #expect(relativeError(clip.totalNoiseMultiplier(update: update), 1) < 1e-14)
        let apart = [
            try PrivacyRelease(.gaussian(noiseMultiplier: update)), try PrivacyRelease(.gaussian(noiseMultiplier: 10)),
        ]
        let together = [try PrivacyRelease(.gaussian(noiseMultiplier: 1))]
        let epsilons = try [apart, together].map { try PrivacyAccountant.rdp.spent(by: $0, delta: 1e-5).epsilon }
        #expect(relativeError(epsilons[0], epsilons[1]) < 1e-12)
        #expect(throws: PrivacyError.self) { try clip.updateNoiseMultiplier(total: 10) }
    }

    @Test("Central noise has the stated deviation and lies on its grid", arguments: [1e-6, 0.37, 1, 1e9])
    func gridGaussian(deviation: Double) throws {
        let noise = try GridGaussian(deviation: deviation)
        #expect(noise.deviation >= deviation && noise.deviation < deviation * (1 + 1e-8))
        #expect(noise.granularity.significand == 1)
        var source = SplitMix(14)
        let count = 100_000
        let draws = try (0..<count).map { _ in try noise.noised(3 * deviation, using: &source) }
        #expect(draws.allSatisfy { ($0 / noise.granularity).rounded() == $0 / noise.granularity })
        let mean = draws.reduce(0, +) / Double(count)
        let variance = draws.reduce(0) { $0 + pow($1 - mean, 2) } / Double(count)
        #expect(abs(mean - 3 * deviation) < 4 * deviation / Double(count).squareRoot())
        #expect(relativeError(variance, deviation * deviation) < 4 * (2 / Double(count)).squareRoot())
    }

    @Test("The multiplier to account with counts rounding to the grid")
    func gridSensitivity() throws {
        let noise = try GridGaussian(deviation: 2)
        let multiplier = noise.noiseMultiplier(sensitivity: 1, dimension: 1_000_000)
        #expect(multiplier < 2 && multiplier > 1.999_99)
        var source = SplitMix(15)
        #expect(throws: PrivacyError.self) { try noise.noised([.infinity], using: &source) }
        #expect(throws: PrivacyError.self) { try noise.noised(1e15, using: &source) }
    }

    @Test("Encoded updates sum to the updates' sum and the stated noise", arguments: DistributedNoise.Kind.allCases)
    func encoding(kind: DistributedNoise.Kind) throws {
        let (workers, count) = (16, 1000)
        let rotation = try RandomRotation(dimension: count, seed: 3)
        let noise = try DistributedNoise(
            kind: kind, clip: 2, localDeviation: 0.05, shares: workers, scale: 1000, dimension: 1024)
        var source = SplitMix(16)
        var (sum, exact) = ([Int](repeating: 0, count: 1024), [Float](repeating: 0, count: count))
        for worker in 0..<workers {
            var update = Self.vector(count, seed: UInt64(worker), norm: 0.4 * Double(worker))
            sum = zip(sum, try noise.encode(update, rotation: rotation, using: &source)).map { $0 + $1 }
            try NormClip(2).clip(&update)
            exact = zip(exact, update).map { $0 + $1 }
        }
        #expect(sum.allSatisfy { Double(abs($0)) < noise.reach(workers: workers, deviations: 6) })
        let errors = zip(try noise.decode(sum, rotation: rotation), exact).map { $0 - $1 }
        let deviation = Self.length(errors) / Double(count).squareRoot()
        // Rounding adds at most a quarter of a step squared a worker.
        #expect(relativeError(deviation, noise.centralDeviation) < 0.1, "\(deviation)")
        let other = try RandomRotation(dimension: 100, seed: 3)
        #expect(throws: PrivacyError.self) { try noise.encode(exact, rotation: other, using: &source) }
    }
}
