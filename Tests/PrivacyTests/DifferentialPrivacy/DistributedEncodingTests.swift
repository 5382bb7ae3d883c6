import Foundation
import Testing

@testable import Privacy

@Suite("Distributed encoding")
struct DistributedEncodingTests {
    @Test("A rotation keeps norms, inverts and spreads", arguments: [1, 2, 3, 100, 1024, 5000])
    func rotation(count: Int) throws {
        let rotation = try RandomRotation(dimension: count, seed: 77)
        #expect(rotation.paddedDimension >= count && rotation.paddedDimension < 2 * count)
        #expect(rotation.paddedDimension.nonzeroBitCount == 1)
        let update = testVector(count)
        let rotated = try rotation.rotate(update)
        #expect(relativeError(length(rotated), length(update)) < 1e-5)
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
        let (a, b) = (testVector(256, seed: 1), testVector(256, seed: 2))
        let rotation = try RandomRotation(dimension: 256, seed: 1)
        #expect(try rotation.rotate(a) != RandomRotation(dimension: 256, seed: 2).rotate(a))
        let product = zip(try rotation.rotate(a), try rotation.rotate(b)).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(product - zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-4)
    }

    @Test("Rounding is unbiased and within the norm bound")
    func rounding() throws {
        let values = testVector(64, norm: 5)
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
            try rounding.round(testVector(64, norm: 6), scale: 1, using: &source)
        }
        #expect(throws: PrivacyError.self) { try rounding.round([.nan], scale: 1, using: &source) }
    }

    static func noise(
        _ kind: DistributedNoise.Kind, fewest: Int, bits: Int = 24, values: Int = 1000
    ) throws -> DistributedNoise {
        try DistributedNoise(
            kind: kind, clip: 2, noiseMultiplier: 0.7, fewestSurvivors: fewest, mostWorkers: 16, values: values,
            bits: bits)
    }

    static func encoding(
        _ kind: DistributedNoise.Kind, fewest: Int = 9, bits: Int = 24
    ) throws -> DistributedEncoding {
        try DistributedEncoding(
            noise: noise(kind, fewest: fewest, bits: bits), values: 1000, seed: 3, bits: bits, mostWorkers: 16)
    }

    @Test(
        "The mean is the clipped updates', with the noise that was promised, for all workers and for the fewest",
        arguments: DistributedNoise.Kind.allCases, [9, 16])
    func mean(kind: DistributedNoise.Kind, workers: Int) throws {
        let encoding = try Self.encoding(kind)
        var sum = [UInt32](repeating: 0, count: 1024)
        var exact = [Float](repeating: 0, count: 1000)
        for worker in 0..<workers {
            var update = testVector(1000, seed: UInt64(worker), norm: 0.4 * Double(worker + 1))
            let elements = try encoding.encode(update, randomness: testKey("\(kind) \(worker)"), lanes: 2)
            sum = zip(sum, elements).map { ($0 &+ $1) & 0xFF_FFFF }
            try NormClip(2).clip(&update)
            exact = zip(exact, update).map { $0 + $1 }
        }
        let mean = try encoding.mean(of: sum, dividedBy: Double(workers))
        let errors = zip(mean, exact).map { $0 * Float(workers) - $1 }
        let deviation = length(errors) / 1000.0.squareRoot()
        let promised = 0.7 * 2 * (Double(workers) / 9).squareRoot()
        #expect(relativeError(deviation, promised) < 4 / 2000.0.squareRoot(), "\(deviation) against \(promised)")
    }

    @Test("The mean comes out of a round of secure aggregation that loses workers")
    func masked() throws {
        let encoding = try DistributedEncoding(
            noise: DistributedNoise(
                kind: .skellam, clip: 1, noiseMultiplier: 0.01, fewestSurvivors: 3, mostWorkers: 5, values: 100,
                bits: 20),
            values: 100, seed: 5, bits: 20, mostWorkers: 5)
        let configuration = try encoding.configuration(run: "test", round: 7, threshold: 0.6)
        #expect(configuration.elements == 128 && configuration.bits == 20 && configuration.fewestWorkers == 3)
        var round = try TestRound(
            workers: 5, fewest: configuration.fewestWorkers, elements: configuration.elements, bits: configuration.bits)
        let updates = (0..<5).map { testVector(100, seed: UInt64($0), norm: 0.9) }
        let vectors = try updates.enumerated().map { try encoding.encode($1, randomness: testKey("masked \($0)")) }
        let sum = try round.play(vectors, losing: [2: .inputs])
        let mean = try encoding.mean(of: sum.elements, dividedBy: 4)
        for index in 0..<100 {
            let expected = [0, 1, 3, 4].reduce(Float(0)) { $0 + updates[$1][index] } / 4
            #expect(abs(mean[index] - expected) < 0.02)
        }
    }

    @Test(
        "No sum is opened of fewer workers than make the noise, or than the run asks for, whatever the threshold",
        arguments: [0.51, 0.6, 0.67, 1])
    func survivors(threshold: Double) throws {
        let encoding = try Self.encoding(.skellam, fewest: 8)
        for (asked, fewest) in [(3, 8), (8, 8), (12, 12)] {
            let configuration = try encoding.configuration(
                run: "test", round: 1, fewestWorkers: asked, threshold: threshold)
            #expect(configuration.fewestWorkers == fewest)
            for workers in [fewest, 16] {
                let test = try TestRound(workers: workers, fewest: configuration.fewestWorkers, threshold: threshold)
                let messages = try test.workers
                    .map { try SignedMessage($0.advertisement, as: .advertisement, round: 7) }
                    .sorted { $0.sender < $1.sender }
                let roster = try Roster(messages, configuration: test.configuration, trusted: nil)
                let needed = max(fewest, configuration.limit.needed(of: workers), workers / 2 + 1)
                #expect(roster.quorum == needed)
            }
        }
    }

    @Test("An encoding decides the round's digest with every number of it")
    func binding() throws {
        let encodings = [
            try Self.encoding(.skellam), try Self.encoding(.discreteGaussian), try Self.encoding(.skellam, fewest: 8),
            try Self.encoding(.skellam, bits: 23),
            try DistributedEncoding(
                noise: Self.noise(.skellam, fewest: 9), values: 1000, seed: 4, bits: 24, mostWorkers: 16),
        ]
        let digests = try encodings.map { try $0.configuration(run: "a", round: 1).digest }
        #expect(Set(digests).count == encodings.count)
        let other = try encodings[0].configuration(run: "a", round: 1, binding: Data([1]))
        #expect(other.digest != digests[0])
    }

    @Test("Another worker's noise, another round's and another's roundings are all different")
    func fresh() throws {
        let encoding = try Self.encoding(.discreteGaussian)
        let update = testVector(1000, norm: 1)
        let (a, b) = (try encoding.encode(update), try encoding.encode(update))
        #expect(zip(a, b).filter { $0 == $1 }.count < 20)
        let key = testKey("same")
        #expect(try encoding.encode(update, randomness: key) == encoding.encode(update, randomness: key, lanes: 4))
    }

    @Test("Updates and sums of other lengths, or not finite, are refused")
    func refusals() throws {
        let encoding = try Self.encoding(.skellam)
        #expect(throws: PrivacyError.self) { try encoding.encode([1]) }
        #expect(throws: PrivacyError.self) { try encoding.encode([Float](repeating: .nan, count: 1000)) }
        #expect(throws: PrivacyError.self) { try encoding.mean(of: [1], dividedBy: 1) }
        for divisor in [0, -1, .nan] {
            #expect(throws: PrivacyError.self) {
                try encoding.mean(of: [UInt32](repeating: 0, count: 1024), dividedBy: divisor)
            }
        }
    }

    @Test("A ring in which a sum might not fit is refused")
    func overflow() throws {
        let noise = try Self.noise(.skellam, fewest: 9, bits: 20)
        #expect(try DistributedEncoding(noise: noise, values: 1000, seed: 1, bits: 20, mostWorkers: 16).bits == 20)
        for (bits, most) in [(18, 16), (20, 1000)] {
            let error = #expect(throws: PrivacyError.self) {
                try DistributedEncoding(noise: noise, values: 1000, seed: 1, bits: bits, mostWorkers: most)
            }
            #expect(error?.code == .overflow)
        }
        #expect(throws: PrivacyError.self) {
            try DistributedEncoding(noise: noise, values: 2000, seed: 1, bits: 24, mostWorkers: 16)
        }
        #expect(throws: PrivacyError.self) {
            try DistributedEncoding(noise: noise, values: 1000, seed: 1, bits: 24, mostWorkers: 8)
        }
    }

    @Test("The grid is as fine as the ring allows, and no finer", arguments: DistributedNoise.Kind.allCases)
    func scale(kind: DistributedNoise.Kind) throws {
        let noise = try Self.noise(kind, fewest: 9, bits: 20)
        #expect(noise.reach(workers: 16) <= 524_287 && noise.reach(workers: 16) > 524_287 / 2.5)
        #expect(relativeError(noise.noiseMultiplier, 0.7) < 1e-14)
        #expect(noise.scale.significand == 1)
        #expect(throws: PrivacyError.self) {
            try DistributedNoise(
                kind: kind, clip: 1, noiseMultiplier: 1e5, fewestSurvivors: 2, mostWorkers: 60_000, values: 1000,
                bits: 16
            )
        }
    }

    @Test(
        "Sums reach no farther than stated, and not so much less that the ring is wasted",
        arguments: DistributedNoise.Kind.allCases)
    func reach(kind: DistributedNoise.Kind) throws {
        let noise = try DistributedNoise(
            kind: kind, clip: 1, localDeviation: 0.3, shares: 4, scale: 10, dimension: 1 << 16)
        var largest = 0.0
        var sum = [UInt32](repeating: 0, count: 1 << 16)
        for worker in 0..<4 { try noise.addShare(to: &sum, key: testKey("reach \(worker)"), lanes: 2) }
        for element in sum { largest = max(largest, abs(Double(Int32(bitPattern: element)))) }
        let bound = noise.reach(workers: 4, probability: 1e-3)
        #expect(largest < bound && largest > bound / 3, "\(largest) against \(bound)")
    }
}
