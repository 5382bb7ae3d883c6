public import Crypto
import Foundation

/// Gaussian noise on a sum of vectors of whole numbers, each of a bounded length.
///
/// A textbook sampler in floating point leaves gaps among its outputs by which the value can be told (Mironov 2012,
/// "On significance of the least significant bits for differential privacy"). Here nothing but whole numbers is added: the
/// sum is multiplied by 2^shift, and discrete Gaussian noise of σ = ⌈z Δ 2^shift⌉ is drawn exactly. The output is always a whole
/// number, so rounding it to float32 afterwards is post-processing. The discrete Gaussian keeps the Rényi guarantees of the
/// continuous one (Canonne, Kamath, Steinke 2020, arXiv 2004.00010, theorem 4). The shift makes σ at least 2^30, so that the
/// two distributions are practically equal.
public struct SumNoise: Equatable, Sendable {
    /// z: σ over the sensitivity, at least.
    public let noiseMultiplier: Double
    /// Δ: how far one contributor moves the sum, in L2 norm.
    public let sensitivity: Double
    /// Outputs are multiples of 2^−shift.
    public let shift: Int
    private let scaledDeviation: Int
    private let noise: DiscreteGaussian

    /// Noise for a sum.
    ///
    /// - Parameters:
    ///   - noiseMultiplier: z, 0.01…1e6 or more for a small sensitivity.
    ///   - sensitivity: Δ, the longest that one contributor's vector of whole numbers may be: 1…2^40.
    /// - Throws: `PrivacyError` when a value is out of range.
    public init(noiseMultiplier: Double, sensitivity: Double) throws {
        try Requirement.number(sensitivity, "sensitivity of a sum in steps", in: 1...0x1p40)
        let deviation = (noiseMultiplier * sensitivity).nextUp
        try Requirement.number(deviation, "deviation of a sum's noise in steps", in: 1e-3...0x1p61 / 0x1p9)
        shift = max(0, 30 - Int(deviation.exponent))
        scaledDeviation = Int((deviation * scalbn(1, shift)).rounded(.up))
        noise = try DiscreteGaussian(deviation: scaledDeviation)
        (self.noiseMultiplier, self.sensitivity) = (noiseMultiplier, sensitivity)
    }

    /// σ, in steps.
    public var deviation: Double { Double(scaledDeviation) * scalbn(1, -shift) }

    /// (sum + noise) · step.
    ///
    /// - Parameters:
    ///   - sum: whole numbers.
    ///   - step: what one of them stands for.
    ///   - randomness: 32 fresh bytes that decide the noise; never used twice.
    ///   - lanes: The threads that draw; blocks until they are done. The result does not depend on how many.
    /// - Throws: `PrivacyError` with code `invalidValue` for a number that more contributors than there can be would make.
    public func noised(
        _ sum: [Int64], step: Double, randomness: SymmetricKey = SymmetricKey(size: .bits256), lanes: Int = 1
    ) throws -> [Float] {
        let room = UInt64(1) << UInt64(61 - self.shift)
        guard sum.allSatisfy({ $0.magnitude < room }) else {
            throw PrivacyError(.invalidValue, "a sum is beyond what noise of deviation \(deviation) can be added to")
        }
        let (noise, shift, unit) = (noise, shift, step * scalbn(1, -shift))
        return [Float](unsafeUninitializedCapacity: sum.count) { buffer, count in
            // Each lane writes stretches of its own only.
            nonisolated(unsafe) let values = buffer
            NoiseStretches.forEach(sum.count, key: randomness, lanes: lanes) { range, integers in
                for index in range {
                    let noisy = Int(sum[index] << Int64(shift)) + noise.sample(&integers)
                    values[index] = Float(Double(noisy) * unit)
                }
            }
            count = sum.count
        }
    }
}
