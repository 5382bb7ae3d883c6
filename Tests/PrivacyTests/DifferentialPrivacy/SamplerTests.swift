import Foundation
import Testing

@testable import Privacy

@Suite("The time of samplers")
struct SamplerTimingTests {
    @Test("Is taken of every draw, singly or together", arguments: SamplerTiming.Sampler.allCases, [1, 100])
    func counts(sampler: SamplerTiming.Sampler, together: Int) throws {
        let timing = try SamplerTiming(sampler, draws: 2_000, together: together)
        // The system may have interrupted some, but not most.
        #expect(timing.count <= 2_000 / together && timing.count > 1_000 / together)
        #expect(timing.mean > 0 && abs(timing.correlation) <= 1.000_001 && timing.meansBySize.count == 4)
    }

    @Test("Needs draws")
    func problems() {
        for (draws, together) in [(0, 1), (5, 0), (5, 6)] {
            #expect(throws: PrivacyError.self) { try SamplerTiming(.central, draws: draws, together: together) }
        }
    }
}

@Suite("Samplers")
struct SamplerTests {
    static let count = 200_000

    /// Pearson's statistic of draws against a mass function, as a normal deviate (Wilson and Hilferty 1931).
    ///
    /// Values expected less than ten times are one class.
    static func chiSquare(_ draws: [Int], mass: (Int) -> Double) -> Double {
        let observed = Dictionary(draws.map { ($0, 1.0) }, uniquingKeysWith: +)
        let (low, high) = (draws.min() ?? 0, draws.max() ?? 0)
        var (statistic, classes, rest, restObserved) = (0.0, 0.0, Double(draws.count), Double(draws.count))
        for value in low...high {
            let expected = mass(value) * Double(draws.count)
            guard expected >= 10 else { continue }
            let found = observed[value] ?? 0
            statistic += (found - expected) * (found - expected) / expected
            (classes, rest, restObserved) = (classes + 1, rest - expected, restObserved - found)
        }
        if rest > 1 {
            (statistic, classes) = (statistic + (restObserved - rest) * (restObserved - rest) / rest, classes + 1)
        }
        let spread = 2 / (9 * (classes - 1))
        return (pow(statistic / (classes - 1), 1 / 3.0) - (1 - spread)) / spread.squareRoot()
    }

    /// `count` draws under a fixed seed.
    static func draws(_ seed: UInt64, _ draw: (inout RandomIntegers<SplitMix>) -> Int) -> [Int] {
        var integers = RandomIntegers(SplitMix(seed))
        return (0..<count).map { _ in draw(&integers) }
    }

    /// Mean, variance and kurtosis.
    static func moments(_ draws: [Int]) -> (mean: Double, variance: Double, kurtosis: Double) {
        let n = Double(draws.count)
        let mean = draws.reduce(0.0) { $0 + Double($1) } / n
        let variance = draws.reduce(0.0) { $0 + pow(Double($1) - mean, 2) } / n
        return (mean, variance, draws.reduce(0.0) { $0 + pow(Double($1) - mean, 4) } / n / (variance * variance))
    }

    /// Σ over the integers of the unnormalised masses.
    static func normaliser(_ weight: (Int) -> Double) -> Double { (-2000...2000).reduce(0) { $0 + weight($1) } }

    @Test("Uniform numbers are uniform", arguments: [1, 3, 10, 100])
    func uniform(bound: UInt64) {
        var integers = RandomIntegers(SplitMix(1))
        let draws = (0..<Self.count).map { _ in Int(integers.below(bound)) }
        #expect(draws.allSatisfy { $0 < Int(bound) })
        if bound > 1 { #expect(abs(Self.chiSquare(draws) { _ in 1 / Double(bound) }) < 4) }
    }

    @Test("Coins of e^-γ fall as often as they should", arguments: [(0, 1), (1, 3), (1, 1), (7, 5), (4, 1)])
    func bernoulliExp(numerator: Int, denominator: Int) {
        var integers = RandomIntegers(SplitMix(2))
        let wide = UInt128(1) << 80
        for factor in [1, wide] {
            let (n, d) = (UInt128(numerator) * factor, UInt128(denominator) * factor)
            let hits = (0..<Self.count).filter { _ in integers.bernoulliExp(n, d) }.count
            let p = exp(-Double(numerator) / Double(denominator))
            let deviation = (Double(Self.count) * p * (1 - p)).squareRoot()
            #expect(abs(Double(hits) - Double(Self.count) * p) <= 4 * deviation)
        }
    }

    @Test("Discrete Laplace draws fit their mass", arguments: [(1, 1), (5, 2), (20, 1), (1, 3)])
    func laplace(numerator: Int, denominator: Int) throws {
        let distribution = try DiscreteLaplace(scale: numerator, over: denominator)
        let draws = Self.draws(3) { distribution.sample(&$0) }
        let weight = { (x: Int) in exp(-abs(Double(x)) * Double(denominator) / Double(numerator)) }
        let total = Self.normaliser(weight)
        #expect(abs(Self.chiSquare(draws) { weight($0) / total }) < 4)
    }

    @Test("Discrete Gaussian draws fit their mass", arguments: [(1, 4), (1, 1), (7, 3), (100, 1), (12345, 100)])
    func gaussian(numerator: Int, denominator: Int) throws {
        let variance = Double(numerator) / Double(denominator)
        let distribution = try DiscreteGaussian(variance: numerator, over: denominator)
        let draws = Self.draws(4) { distribution.sample(&$0) }
        let weight = { (x: Int) in exp(-Double(x * x) / (2 * variance)) }
        let total = Self.normaliser(weight)
        #expect(abs(Self.chiSquare(draws) { weight($0) / total }) < 4)
    }

    @Test("Discrete Gaussians of a whole deviation have its moments", arguments: [1, 10, 1_000, 1 << 30])
    func deviation(deviation: Int) throws {
        let distribution = try DiscreteGaussian(deviation: deviation)
        let found = Self.moments(Self.draws(5) { distribution.sample(&$0) })
        let sigma = Double(deviation)
        #expect(abs(found.mean) < 4 * sigma / Double(Self.count).squareRoot())
        #expect(relativeError(found.variance, sigma * sigma) < 4 * (2 / Double(Self.count)).squareRoot())
        #expect(abs(found.kurtosis - 3) < 4 * (24 / Double(Self.count)).squareRoot())
    }

    @Test("Poisson draws fit their mass", arguments: [(1, 4), (1, 1), (7, 2), (10, 1), (999, 10), (2500, 1)])
    func poisson(numerator: Int, denominator: Int) throws {
        let mean = Double(numerator) / Double(denominator)
        let distribution = try PoissonDistribution(mean: numerator, over: denominator)
        let draws = Self.draws(6) { distribution.sample(&$0) }
        let statistic = Self.chiSquare(draws) { k in
            k < 0 ? 0 : exp(Double(k) * log(mean) - mean - (1...max(1, k)).reduce(0.0) { $0 + log(Double($1)) })
        }
        #expect(abs(statistic) < 4)
    }

    @Test("Poisson draws of a large mean have its moments")
    func largePoisson() throws {
        let distribution = try PoissonDistribution(mean: 123_456_789, over: 100)
        let found = Self.moments(Self.draws(7) { distribution.sample(&$0) })
        let mean = 1_234_567.89
        #expect(abs(found.mean - mean) < 4 * (mean / Double(Self.count)).squareRoot())
        #expect(relativeError(found.variance, mean) < 4 * (2 / Double(Self.count)).squareRoot())
    }

    @Test("Skellam draws have the variance asked for and are symmetric")
    func skellam() throws {
        let distribution = try SkellamDistribution(variance: 81, over: 2)
        let found = Self.moments(Self.draws(8) { distribution.sample(&$0) })
        #expect(abs(found.mean) < 4 * (40.5 / Double(Self.count)).squareRoot())
        #expect(relativeError(found.variance, 40.5) < 4 * (2.1 / Double(Self.count)).squareRoot())
        #expect(abs(found.kurtosis - (3 + 1 / 40.5)) < 4 * (25 / Double(Self.count)).squareRoot())
    }

    @Test("Words of noise are the key's stream, and half their bits are set")
    func words() {
        var stream = NoiseStream(key: testKey("words"))
        let words = (0..<10_000).map { _ in stream.next() }
        let bytes = KeyStream(key: testKey("words")).bytes(from: 16_384, words: 2)
        #expect(bytes.elementsEqual(withUnsafeBytes(of: words[8192].littleEndian) { Array($0) }))
        let ones = words.reduce(0) { $0 + $1.nonzeroBitCount }
        #expect(abs(ones - 320_000) < 6 * 400)
    }

    @Test("Without a key no two streams are alike, and neither are a key's stretches")
    func fresh() {
        let key = testKey("stretches")
        var streams = [NoiseStream(), NoiseStream()] + (-1..<4).map { NoiseStream(key: key, stretch: $0) }
        #expect(Set(streams.indices.map { streams[$0].next() }).count == streams.count)
    }

    @Test("Samples of workers have the rate or the size that the accountant assumes")
    func workers() throws {
        let poisson = PrivacyRelease.Sampling.poisson(rate: 0.3)
        var (counts, first) = ([Double](repeating: 0, count: 50), 0.0)
        for round in 0..<2_000 {
            let sample = try poisson.draw(from: 50, randomness: testKey("poisson \(round)"))
            for worker in sample { counts[worker] += 1 }
            let fixed = try PrivacyRelease.Sampling.fixedSize(size: 7, population: 50)
                .draw(from: 50, randomness: testKey("fixed \(round)"))
            #expect(fixed.count == 7 && Set(fixed).count == 7 && fixed == fixed.sorted())
            first += fixed.contains(0) ? 1 : 0
        }
        #expect(counts.allSatisfy { abs($0 - 600) < 4.5 * 420.0.squareRoot() })
        #expect(abs(first - 280) < 4 * 241.0.squareRoot())
        #expect(try PrivacyRelease.Sampling.everybody.draw(from: 3) == [0, 1, 2])
        #expect(try PrivacyRelease.Sampling.poisson(rate: 1).draw(from: 3) == [0, 1, 2])
        #expect(throws: PrivacyError.self) {
            try PrivacyRelease.Sampling.fixedSize(size: 1, population: 3).draw(from: 4)
        }
    }

    @Test("Distributions that cannot be drawn exactly are refused")
    func ranges() {
        #expect(throws: PrivacyError.self) { try DiscreteGaussian(variance: 0) }
        #expect(throws: PrivacyError.self) { try DiscreteGaussian(variance: 1 << 41) }
        #expect(throws: PrivacyError.self) { try DiscreteGaussian(deviation: 1 << 53) }
        #expect(throws: PrivacyError.self) { try DiscreteLaplace(scale: 1, over: 0) }
        #expect(throws: PrivacyError.self) { try PoissonDistribution(mean: 1 << 31) }
        #expect(throws: PrivacyError.self) { try SkellamDistribution(variance: -1) }
    }

    @Test("Digits of a ratio are those of exact arithmetic")
    func fixedPoint() {
        var third = ExactFraction(one: 3)
        third.multiply(by: 1, over: 3)
        #expect(third.words == [0x2AAA_AAAA_AAAA_AAAA, 0xAAAA_AAAA_AAAA_AAAA, 0xAAAA_AAAA_AAAA_AAAA])
        #expect(third.shifted(by: 1) == [0, 0x5555_5555_5555_5555, 0x5555_5555_5555_5555, 0x5555_5555_5555_5554])
        #expect(ExactFraction.isLess([1, 0], [1, 1]) && !ExactFraction.isLess([0, 1, 0], [1, 0]))
        #expect(ExactFraction.sum([.max, .max], [1]) == [1, 0, 0])
    }
}
