import Crypto
import Foundation
import Testing

@testable import Privacy

@Suite("Central noise")
struct CentralNoiseTests {
    @Test("A clipped update is within the bound, and a small one untouched", arguments: [1, 17, 4096])
    func clip(count: Int) throws {
        var update = testVector(count, norm: 31.7)
        let direction = update[0] / update[count - 1]
        let before = try NormClip(0.3).clip(&update)
        #expect(relativeError(before.norm, 31.7) < 1e-6 && relativeError(Double(before.scale), 0.3 / 31.7) < 1e-6)
        #expect(length(update) <= 0.3 && length(update) > 0.2999)
        #expect(abs(update[0] / update[count - 1] - direction) < abs(direction) * 1e-5)
        var small = testVector(count, norm: 0.2)
        let copy = small
        #expect(try NormClip(0.3).clip(&small).scale == 1)
        #expect(small == copy)
    }

    @Test("The largest and the smallest norms are clipped too", arguments: [1e-15, 1, 1e15])
    func extremeClip(bound: Double) throws {
        for magnitude in [Float.greatestFiniteMagnitude, 1e-30, .leastNonzeroMagnitude] {
            var update = [Float](repeating: magnitude, count: 9)
            try NormClip(bound).clip(&update)
            #expect(length(update) <= bound)
        }
    }

    @Test("What is not finite cannot be clipped")
    func notFinite() throws {
        var update: [Float] = [1, .nan]
        #expect(throws: PrivacyError.self) { try NormClip(1).clip(&update) }
        #expect(throws: PrivacyError.self) { try NormClip(0) }
        #expect(throws: PrivacyError.self) { try NormClip(.nan) }
        #expect(throws: PrivacyError.self) { try NormClip(.infinity) }
    }

    @Test("The sensitivity of a mean is McMahan's, and twice that where one is replaced")
    func sensitivity() {
        #expect(MeanSensitivity.mean(clip: 0.5, largestWeight: 4, expectedWeight: 100) == 0.02)
        #expect(MeanSensitivity.mean(clip: 0.5, largestWeight: 4, fewestWeight: 80) == 0.05)
        #expect(MeanSensitivity.mean(clip: 0.5, expectedWeight: 10, adjacency: .replaceOne) == 0.1)
        #expect(MeanSensitivity.singlePrecisionError(clip: 1, workers: 1000) < 0.12)
    }

    @Test("A mean over the true weights never moves farther than its sensitivity")
    func weightedMean() {
        var source = SplitMix(21)
        for _ in 0..<500 {
            let weights = (0..<6).map { _ in Double.random(in: 0...3, using: &source) }
            let values = weights.map { _ in Double.random(in: -2...2, using: &source) }
            func mean(_ count: Int) -> Double {
                let sum = zip(weights, values).prefix(count).reduce(0) { $0 + $1.0 * $1.1 }
                return sum / max(4, weights.prefix(count).reduce(0, +))
            }
            let moved = abs(mean(6) - mean(5))
            #expect(moved <= MeanSensitivity.mean(clip: 2, largestWeight: 3, fewestWeight: 4))
        }
    }

    @Test("The clip moves to the quantile of the norms")
    func adaptiveClip() throws {
        var clip = try AdaptiveClip(initialClip: 0.1, quantile: 0.8, countDeviation: 2)
        let norms = (1...100).map { Double($0) / 10 }
        for round in 0..<300 {
            let share = try clip.noisyShare(of: norms, workers: 100, randomness: testKey("clip \(round)"))
            clip.update(noisyShare: share)
        }
        #expect(clip.clip > 7.3 && clip.clip < 8.7, "\(clip.clip)")
        let data = try JSONEncoder().encode(clip)
        #expect(try JSONDecoder().decode(AdaptiveClip.self, from: data) == clip)
        let before = clip
        clip.update(noisyShare: .nan)
        #expect(clip == before)
    }

    @Test("The share within the clip has the noise that was stated, and nobody's presence is needed")
    func noisyShare() throws {
        let clip = try AdaptiveClip(initialClip: 1, countDeviation: 3)
        let shares = try (0..<4_000).map {
            try clip.noisyShare(of: [0.5, 1, 2, .nan, .infinity], workers: 5, randomness: testKey("share \($0)"))
        }
        let mean = shares.reduce(0, +) / 4_000
        #expect(abs(mean - 0.4) < 4 * 0.6 / 4_000.0.squareRoot())
        let variance = shares.reduce(0) { $0 + pow($1 - mean, 2) } / 4_000
        #expect(relativeError(variance, 0.36) < 4 * (2 / 4_000.0).squareRoot())
        #expect(try abs(clip.noisyShare(of: [], workers: 1000) - 0.5) < 0.03)
        #expect(throws: PrivacyError.self) { try clip.noisyShare(of: [], workers: 0) }
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
        let count = 100_000
        var values = [Float](repeating: Float(3 * deviation), count: count)
        try noise.add(to: &values, randomness: testKey("grid \(deviation)"))
        #expect(values.allSatisfy { (Double($0) / noise.granularity).truncatingRemainder(dividingBy: 1) == 0 })
        let mean = values.reduce(0) { $0 + Double($1) } / Double(count)
        let variance = values.reduce(0) { $0 + pow(Double($1) - mean, 2) } / Double(count)
        #expect(abs(mean - 3 * deviation) < 4 * deviation / Double(count).squareRoot())
        #expect(relativeError(variance, deviation * deviation) < 4 * (2 / Double(count)).squareRoot())
    }

    @Test("Noise is the same however many threads draw it, and other for another key")
    func lanes() throws {
        let noise = try GridGaussian(deviation: 1)
        func noised(_ key: SymmetricKey, _ lanes: Int) throws -> [Float] {
            var values = [Float](repeating: 0, count: 3 * NoiseStretches.length + 5)
            try noise.add(to: &values, randomness: key, lanes: lanes)
            return values
        }
        let single = try noised(testKey("a"), 1)
        #expect(try noised(testKey("a"), 3) == single)
        let other = try noised(testKey("b"), 1)
        #expect(zip(single, other).filter { $0 == $1 }.count < 10)
        #expect(Set(single).count > single.count / 2)
    }

    @Test("The multiplier to account with counts rounding to the grid")
    func gridSensitivity() throws {
        let noise = try GridGaussian(deviation: 2)
        let multiplier = noise.noiseMultiplier(sensitivity: 1, dimension: 1_000_000)
        #expect(multiplier < 2 && multiplier > 1.999_99)
    }

    @Test("A value that noise cannot hide is refused, and nothing is changed")
    func unhidden() throws {
        let noise = try GridGaussian(deviation: 2)
        for value in [Float.infinity, .nan, 1e15] {
            var values: [Float] = [1, value]
            #expect(throws: PrivacyError.self) { try noise.add(to: &values) }
            #expect(values[0] == 1)
        }
        #expect(throws: PrivacyError.self) { try noise.noised(1e15) }
        #expect(throws: PrivacyError.self) { try GridGaussian(deviation: 0) }
    }
}
