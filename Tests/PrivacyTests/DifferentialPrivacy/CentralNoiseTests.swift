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

    @Test(
        "Central noise has the stated deviation, and is a whole number of steps whatever the sum was",
        arguments: [(0.01, 1), (1.5, 0x1p20), (1e6, 0x1p21), (3, 0x1p31)])
    func sumNoise(multiplier: Double, sensitivity: Double) throws {
        let noise = try SumNoise(noiseMultiplier: multiplier, sensitivity: sensitivity)
        let deviation = multiplier * sensitivity
        #expect(noise.deviation >= deviation && noise.deviation < deviation * (1 + 1e-8))
        let count = 20_000
        let sum = (0..<count).map { Int64($0 % 2) }
        // One step is one output step, so that every output is a whole number and float32 holds its beginning.
        let noisy = try noise.noised(sum, step: scalbn(1, noise.shift), randomness: testKey("sum \(multiplier)"))
        #expect(noisy.allSatisfy { $0 == $0.rounded() })
        let values = noisy.map { Double($0) * scalbn(1, -noise.shift) / noise.deviation }
        let mean = values.reduce(0, +) / Double(count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        #expect(abs(mean - 0.5 / noise.deviation) < 4 / Double(count).squareRoot())
        #expect(relativeError(variance, 1 + (0.25 / pow(noise.deviation, 2))) < 4 * (2 / Double(count)).squareRoot())
    }

    @Test(
        "Sums of neighbours that differ in one contribution have one noise, drawn alike, and nothing else between them")
    func neighbours() throws {
        let noise = try SumNoise(noiseMultiplier: 0.5, sensitivity: 100)
        let key = testKey("neighbours")
        let (with, without): ([Int64], [Int64]) = ([1_060, -2_000, 80], [1_000, -2_000, 0])
        let step = scalbn(1, noise.shift)
        let difference = zip(
            try noise.noised(with, step: step / 4_096, randomness: key),
            try noise.noised(without, step: step / 4_096, randomness: key)
        ).map { Double($0 - $1) * 4_096 / step }
        for (found, expected) in zip(difference, [60.0, 0, 80]) { #expect(abs(found - expected) < 0.01) }
    }

    @Test("Noise is the same however many threads draw it, and other for another key")
    func lanes() throws {
        let noise = try SumNoise(noiseMultiplier: 1, sensitivity: 0x1p20)
        func noised(_ key: SymmetricKey, _ lanes: Int) throws -> [Float] {
            try noise.noised(
                Array(repeating: 0, count: 3 * NoiseStretches.length + 5), step: 1, randomness: key, lanes: lanes)
        }
        let single = try noised(testKey("a"), 1)
        #expect(try noised(testKey("a"), 3) == single)
        let other = try noised(testKey("b"), 1)
        #expect(zip(single, other).filter { $0 == $1 }.count < 10)
        #expect(Set(single).count > single.count / 2)
        #expect(try noise.noised([], step: 1).isEmpty)
    }

    @Test("A sum that noise cannot be added to is refused, and so is noise beyond its range")
    func ranges() throws {
        let noise = try SumNoise(noiseMultiplier: 2, sensitivity: 1)
        for value in [Int64.max, .min, 1 << Int64(61 - noise.shift)] {
            #expect(throws: PrivacyError.self) { try noise.noised([1, value], step: 1) }
        }
        #expect(try noise.noised([1 << Int64(60 - noise.shift)], step: 1).count == 1)
        for (multiplier, sensitivity) in [(0.0, 1.0), (1, 0.5), (.nan, 1), (1, .infinity), (1e6, 0x1p40)] {
            #expect(throws: PrivacyError.self) {
                try SumNoise(noiseMultiplier: multiplier, sensitivity: sensitivity)
            }
        }
    }
}
