import Foundation

/// What a worker sends and what the coordinator makes of the sum.
extension DistributedNoise {
    /// Clips, rotates, scales, rounds and adds the worker's share of the noise.
    ///
    /// - Returns: Whole numbers, `paddedDimension` of them, for the masked sum.
    /// - Throws: `PrivacyError` when the rotation is not of this dimension or the update is not finite.
    public func encode(
        _ update: [Float], rotation: RandomRotation, using source: inout some RandomNumberGenerator
    ) throws -> [Int] {
        guard rotation.paddedDimension == dimension else {
            throw PrivacyError(
                .invalidConfiguration,
                "noise for \(dimension) values cannot be used with a rotation of \(rotation.paddedDimension)")
        }
        var clipped = update
        try NormClip(clip).clip(&clipped)
        let rounding = ConditionalRounding(norm: clip * scale, beta: beta, dimension: dimension)
        var encoded = try rounding.round(rotation.rotate(clipped), scale: scale, using: &source)
        let noise = try share(encoded.count, using: &source)
        for index in encoded.indices { encoded[index] += noise[index] }
        return encoded
    }

    /// Takes a sum of `encode`d updates back to the updates' units.
    ///
    /// - Throws: `PrivacyError` when the length is not the rotation's.
    public func decode(_ sum: [Int], rotation: RandomRotation) throws -> [Float] {
        try rotation.unrotate(sum.map { Float(Double($0) / scale) })
    }

    /// One worker's noise on the grid.
    ///
    /// Its variance is (σ/γ)², rounded up to a ratio of whole numbers.
    ///
    /// - Throws: `PrivacyError` when the deviation on the grid is too large or too small to be drawn exactly.
    public func share(_ count: Int, using source: inout some RandomNumberGenerator) throws -> [Int] {
        let variance = pow(localDeviation * scale, 2)
        guard variance >= 0x1p-10, variance <= 0x1p31 else {
            throw PrivacyError(
                .invalidConfiguration,
                "noise of deviation \(localDeviation) at scale \(scale) has a variance of \(variance) on the grid: "
                    + "between 0.001 and 2e9 is possible; choose another scale")
        }
        var denominator = 1 << 19
        while variance * Double(denominator) > 0x1p39 { denominator /= 2 }
        let numerator = Int((variance * Double(denominator)).rounded(.up))
        switch kind {
        case .discreteGaussian:
            return try DiscreteGaussian(variance: numerator, over: denominator).samples(count, using: &source)
        case .skellam:
            return try SkellamDistribution(variance: numerator, over: denominator).samples(count, using: &source)
        }
    }

    /// A magnitude that a coordinate of the sum passes with a probability of about e^{−k²/2}: half the ring must be
    /// larger.
    ///
    ///     k √(c² n² / d + n (¼ + σ²/γ²)), in steps of the grid
    ///
    /// A rotated coordinate is subgaussian with variance c²/d (arXiv 2102.06387, section 4.4).
    public func reach(workers: Int, deviations k: Double) -> Double {
        let n = Double(workers)
        let signal = pow(clip * scale * n, 2) / Double(dimension)
        return k * (signal + n * (0.25 + pow(localDeviation * scale, 2))).squareRoot()
    }
}
