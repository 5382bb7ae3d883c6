public import Crypto
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

    /// Noise of a standard deviation, in the units of what it is added to.
    ///
    /// - Throws: `PrivacyError` unless it is from 1e-30 to 1e30.
    public init(deviation: Double) throws {
        guard deviation >= 1e-30, deviation <= 1e30 else {
            throw PrivacyError(
                .invalidConfiguration, "noise deviation is \(deviation): expected a number from 1e-30 to 1e30")
        }
        granularity = scalbn(1, Int(deviation.exponent) - 30)
        let steps = (deviation / granularity).rounded(.up)
        self.deviation = steps * granularity
        noise = try DiscreteGaussian(deviation: Int(steps))
    }

    /// The multiplier to account with for a sum of `dimension` values and an L2 sensitivity.
    ///
    /// - Parameter sensitivity: How far one worker can move the sum: see `MeanSensitivity`.
    public func noiseMultiplier(sensitivity: Double, dimension: Int) -> Double {
        deviation / (sensitivity + granularity * Double(dimension).squareRoot())
    }

    /// Adds noise to every value, in place. Nothing is changed where it throws.
    ///
    /// - Parameters:
    ///   - randomness: 32 fresh bytes that decide the noise; never used twice.
    ///   - lanes: The threads that draw; blocks until they are done. The result does not depend on how many.
    /// - Throws: `PrivacyError` with code `invalidValue` when a value is not finite, or 2^19 times σ or more.
    public func add(
        to values: inout [Float], randomness: SymmetricKey = SymmetricKey(size: .bits256), lanes: Int = 1
    ) throws {
        for value in values { try check(Double(value)) }
        let (noise, granularity) = (noise, granularity)
        values.withUnsafeMutableBufferPointer { buffer in
            // Each lane writes stretches of its own only.
            nonisolated(unsafe) let values = buffer
            NoiseStretches.forEach(values.count, key: randomness, lanes: lanes) { range, integers in
                for index in range {
                    let steps = Int((Double(values[index]) / granularity).rounded()) + noise.sample(&integers)
                    values[index] = Float(Double(steps) * granularity)
                }
            }
        }
    }

    /// One value with noise.
    ///
    /// - Parameter randomness: As above.
    /// - Throws: `PrivacyError` as above.
    public func noised(
        _ value: Double, randomness: SymmetricKey = SymmetricKey(size: .bits256)
    ) throws -> Double {
        try check(value)
        var integers = RandomIntegers(NoiseStream(key: randomness))
        return Double(Int((value / granularity).rounded()) + noise.sample(&integers)) * granularity
    }

    private func check(_ value: Double) throws {
        guard abs(value / granularity) < 0x1p50 else {
            throw PrivacyError(
                .invalidValue, "noise of deviation \(deviation) cannot hide a value of \(value): clip before summing")
        }
    }
}
