import Dispatch

/// How long the noise's samplers take, compared with how large the numbers are that they draw.
///
/// They reject and repeat, so a draw's time depends on its value. It never depends on the data: noise is drawn without the sum
/// that it is added to.
public struct SamplerTiming: Equatable, Sendable {
    /// A sampler, with a deviation that runs use.
    public enum Sampler: String, CaseIterable, Sendable {
        /// Noise on a sum in clear, of σ = 2^30 steps.
        case central
        /// A worker's share, of σ = 1,000 steps.
        case discreteGaussian = "discrete_gaussian"
        /// A worker's share, of σ = 1,000 steps.
        case skellam
    }

    /// What drew.
    public let sampler: Sampler
    /// Draws that were timed together; 1 for single draws.
    public let together: Int
    /// How often draws were timed; those that the system interrupted are left out.
    public private(set) var count = 0
    /// Mean time of a draw, in nanoseconds.
    public var mean: Double { times / Double(max(1, count)) }
    /// Standard deviation, over what was timed, of the mean time of its draws, in nanoseconds.
    public var deviation: Double { Self.root(timeSquares, times, count) }
    /// Pearson's correlation of that time with the mean magnitude of the numbers drawn.
    public var correlation: Double {
        let n = Double(max(1, count))
        let spread = deviation * Self.root(sizeSquares, sizes, count)
        return spread > 0 ? (products / n - times / n * sizes / n) / spread : 0
    }
    /// Mean times by the magnitude of the numbers drawn: below σ/2, to σ, to 2σ, and above.
    public var meansBySize: [Double] { zip(timesBySize, countsBySize).map { $0 / Double(max(1, $1)) } }

    private var times = 0.0
    private var timeSquares = 0.0
    private var sizes = 0.0
    private var sizeSquares = 0.0
    private var products = 0.0
    private var timesBySize = [Double](repeating: 0, count: 4)
    private var countsBySize = [Int](repeating: 0, count: 4)

    /// Draws numbers, and times them.
    ///
    /// - Parameters:
    ///   - draws: how many numbers are drawn.
    ///   - together: how many are timed at once; a sum's noise is many.
    /// - Throws: `PrivacyError` unless both are from 1 to 2^31 − 1.
    public init(_ sampler: Sampler, draws: Int, together: Int = 1) throws {
        try Requirement.count(draws, "draws")
        try Requirement.count(together, "draws timed together", in: 1...draws)
        (self.sampler, self.together) = (sampler, together)
        switch sampler {
        case .central:
            let noise = try DiscreteGaussian(deviation: 1 << 30)
            time(draws, deviation: 0x1p30) { noise.sample(&$0) }
        case .discreteGaussian:
            let noise = try DiscreteGaussian(variance: 1_000_000)
            time(draws, deviation: 1_000) { noise.sample(&$0) }
        case .skellam:
            let noise = try SkellamDistribution(variance: 1_000_000)
            time(draws, deviation: 1_000) { noise.sample(&$0) }
        }
    }

    /// Longer than any draw takes, in nanoseconds: the system did something else meanwhile.
    private static let interruption: UInt64 = 20_000

    private mutating func time(
        _ draws: Int, deviation: Double, _ sample: (inout RandomIntegers<NoiseStream>) -> Int
    ) {
        var integers = RandomIntegers(NoiseStream())
        for _ in 0..<draws / together {
            var size = 0.0
            let start = DispatchTime.now().uptimeNanoseconds
            for _ in 0..<together { size += Double(sample(&integers).magnitude) }
            let elapsed = DispatchTime.now().uptimeNanoseconds &- start
            guard elapsed < Self.interruption * UInt64(together) else { continue }
            add(time: Double(elapsed) / Double(together), size: size / deviation / Double(together))
        }
    }

    private mutating func add(time: Double, size: Double) {
        count += 1
        (times, timeSquares) = (times + time, timeSquares + time * time)
        (sizes, sizeSquares, products) = (sizes + size, sizeSquares + size * size, products + time * size)
        let group = size < 0.5 ? 0 : size < 1 ? 1 : size < 2 ? 2 : 3
        timesBySize[group] += time
        countsBySize[group] += 1
    }

    private static func root(_ squares: Double, _ sum: Double, _ count: Int) -> Double {
        let n = Double(max(1, count))
        return max(0, squares / n - sum / n * sum / n).squareRoot()
    }
}
