import Crypto
import Foundation

/// The noise itself.
extension DistributedNoise {
    /// Adds one worker's share to ring elements, modulo 2^32.
    ///
    /// The share's variance on the grid is (σ/γ)², rounded up to a ratio of whole numbers.
    func addShare(to elements: inout [UInt32], key: SymmetricKey, lanes: Int) throws {
        let sampler = try ShareSampler(self)
        elements.withUnsafeMutableBufferPointer { buffer in
            // Each lane writes stretches of its own only.
            nonisolated(unsafe) let elements = buffer
            NoiseStretches.forEach(elements.count, key: key, lanes: lanes) { range, integers in
                for index in range { elements[index] &+= UInt32(truncatingIfNeeded: sampler.sample(&integers)) }
            }
        }
    }
}

/// Draws from the distribution of a share, on the grid.
enum ShareSampler {
    case discreteGaussian(DiscreteGaussian)
    case skellam(SkellamDistribution)

    init(_ noise: DistributedNoise) throws {
        let variance = pow(noise.localDeviation * noise.scale, 2)
        var denominator = 1 << 19
        while denominator > 1, variance * Double(denominator) > 0x1p31 { denominator /= 2 }
        let numerator = Int((variance * Double(denominator)).rounded(.up))
        switch noise.kind {
        case .discreteGaussian: self = .discreteGaussian(try DiscreteGaussian(variance: numerator, over: denominator))
        case .skellam: self = .skellam(try SkellamDistribution(variance: numerator, over: denominator))
        }
    }

    @inline(__always)
    func sample<Source>(_ integers: inout RandomIntegers<Source>) -> Int {
        switch self {
        case .discreteGaussian(let distribution): distribution.sample(&integers)
        case .skellam(let distribution): distribution.sample(&integers)
        }
    }
}
