import Foundation

/// Gaussian noise that a coordinator adds to a sum: the value is rounded to a grid and discrete Gaussian noise on that
/// grid is added.
///
/// A textbook sampler in floating point leaves gaps among its outputs by which the value can be told (Mironov 2012,
/// "On significance of the least significant bits for differential privacy"). Here every output is a multiple of the
/// grid's step whatever the value was, and the noise is drawn exactly; the discrete Gaussian keeps the Rényi guarantees
/// of the continuous one (Canonne, Kamath, Steinke 2020, arXiv 2004.00010, theorem 4). The step is the power of two with
/// σ between 2^30 and 2^31 steps, fine enough that the two distributions cannot be told apart, as Google's
/// differential-privacy library chooses a power of two relative to the scale. Rounding to the grid can move two
/// neighbouring sums √d steps apart: `noiseMultiplier` counts that in.
public struct GridGaussian: Equatable, Sendable {
    /// The step of the grid, a power of two.
    public let granularity: Double
    /// σ of the noise, a whole number of steps and not less than asked for.
    public let deviation: Double
    private let noise: DiscreteGaussian

    /// Noise of a standard deviation.
    ///
    /// - Throws: `PrivacyError` unless it is from 1e-200 to 1e200.
    public init(deviation: Double) throws {
        guard deviation >= 1e-200, deviation <= 1e200 else {
            throw PrivacyError(
                .invalidConfiguration, "noise deviation is \(deviation): expected a number from 1e-200 to 1e200")
        }
        granularity = scalbn(1, Int(deviation.exponent) - 30)
        let steps = (deviation / granularity).rounded(.up)
        self.deviation = steps * granularity
        noise = try DiscreteGaussian(deviation: Int(steps))
    }

    /// The multiplier to account with for a sum of `dimension` values and an L2 sensitivity.
    public func noiseMultiplier(sensitivity: Double, dimension: Int) -> Double {
        deviation / (sensitivity + granularity * Double(dimension).squareRoot())
    }

    /// Adds noise to one value.
    ///
    /// - Throws: `PrivacyError` with code `invalidValue` when it is not finite, or 2^20 times σ or more.
    public func noised(_ value: Double, using source: inout some RandomNumberGenerator) throws -> Double {
        let steps = try steps(of: value)
        return Double(steps + noise.sample(using: &source)) * granularity
    }

    /// Adds noise to every value.
    ///
    /// - Throws: `PrivacyError` as for one.
    public func noised(_ values: [Float], using source: inout some RandomNumberGenerator) throws -> [Float] {
        var integers = RandomIntegers(source)
        defer { source = integers.source }
        return try values.map { value in
            Float(Double(try steps(of: Double(value)) + noise.sample(&integers)) * granularity)
        }
    }

    private func steps(of value: Double) throws -> Int {
        let steps = (value / granularity).rounded()
        guard abs(steps) < 0x1p50 else {
            throw PrivacyError(
                .invalidValue, "noise of deviation \(deviation) cannot hide a value of \(value): clip before summing")
        }
        return Int(steps)
    }
}
