import Foundation

/// Noise for a promise, on the finest grid that a ring has room for.
extension DistributedNoise {
    /// The probability with which a value of a sum may leave the ring: about one in 10^12.
    public static let overflowProbability = 0x1p-40

    /// Noise whose central deviation is `noiseMultiplier` clips as soon as `fewestSurvivors` shares are in a sum: a
    /// worker's share has a deviation of z·c / √fewest. More survivors mean more noise than promised, never less.
    ///
    /// The scale is the largest power of two with which a sum of `mostWorkers` stays in the ring, but for
    /// `overflowProbability`; finer grids round less.
    ///
    /// - Parameters:
    ///   - fewestSurvivors: The honest workers that are surely in a sum that is opened, after every loss.
    ///   - mostWorkers: The most workers in one sum.
    ///   - values: The length of an update; the dimension is the next power of two.
    ///   - bits: The width of a ring element, 16…32.
    /// - Throws: ``PrivacyError/Code/overflow`` where no scale fits with what to change,
    ///   ``PrivacyError/Code/invalidConfiguration`` for a number out of its range.
    public init(
        kind: Kind, clip: Double, noiseMultiplier: Double, fewestSurvivors: Int, mostWorkers: Int, values: Int,
        bits: Int
    ) throws {
        try Requirement.number(noiseMultiplier, "noise multiplier", in: Requirement.noiseMultipliers)
        try Requirement.number(clip, "clip", in: 1e-15...1e15)
        try Requirement.count(fewestSurvivors, "fewest survivors", in: 1...65_535)
        try Requirement.count(mostWorkers, "most workers", in: fewestSurvivors...65_535)
        try Requirement.count(bits, "bits of a ring element", in: 16...32)
        let dimension = try RandomRotation(dimension: values, seed: 0).paddedDimension
        let deviation = noiseMultiplier * clip / Double(fewestSurvivors).squareRoot()
        let coarsest = max(Self.gridDeviations.lowerBound / deviation, 1e-3 / clip)
        var scale = scalbn(1, Int(log2(coarsest).rounded(.up)))
        func noise(_ scale: Double) throws -> Self {
            try Self(
                kind: kind, clip: clip, localDeviation: deviation, shares: fewestSurvivors, scale: scale,
                dimension: dimension)
        }
        guard let least = try? noise(scale) else {
            throw Self.tooLittleRoom(bits, mostWorkers, noiseMultiplier, "no grid suits both the noise and the clip")
        }
        try least.requireRoom(bits: bits, workers: mostWorkers)
        while let finer = try? noise(2 * scale), finer.fits(bits: bits, workers: mostWorkers) { scale *= 2 }
        self = try noise(scale)
    }

    /// The multiplier that a Gaussian mechanism of the same central deviation and clip has.
    public var noiseMultiplier: Double { centralDeviation / clip }

    /// A magnitude, in grid steps, that no value of the sum of `workers` passes but with `probability`.
    ///
    /// A value is the sum of a rotated signal, subgaussian with variance c²n²/d by Hoeffding for signs that do not
    /// depend on the data; of n roundings, each less than a step; and of n shares, discrete Gaussians that are
    /// subgaussian with their σ², or Skellams with E e^{θX} = e^{σ²(cosh θ − 1)}. By Chernoff, over both signs and all
    /// d values,
    ///
    ///     t = n + min_θ (K(θ) + ln(2d / probability)) / θ
    public func reach(workers: Int, probability: Double = overflowProbability) -> Double {
        let n = Double(workers)
        let signal = pow(clip * scale * n, 2) / Double(dimension)
        let shares = n * pow(localDeviation * scale, 2)
        let needed = log(2 * Double(dimension) / probability)
        func bound(_ theta: Double) -> Double {
            // 2 sinh²(θ/2) = cosh θ − 1, without cancellation.
            let growth = kind == .skellam ? 2 * pow(sinh(theta / 2), 2) : theta * theta / 2
            return (signal * theta * theta / 2 + shares * growth + needed) / theta
        }
        // Every θ gives a bound; near the best one, that of a Gaussian, steps of an eighth lose less than 1%.
        let gaussian = (2 * needed / (signal + shares)).squareRoot()
        let candidates = (0...64).map { gaussian * exp2(-Double($0) / 8) }
        return n + (candidates.map(bound).min() ?? .infinity)
    }

    /// Whether a sum of so many workers stays in the ring, but for `probability`.
    func fits(bits: Int, workers: Int) -> Bool { reach(workers: workers) <= Double((1 << (bits - 1)) - 1) }

    /// - Throws: ``PrivacyError/Code/overflow`` where it does not fit.
    func requireRoom(bits: Int, workers: Int) throws {
        guard fits(bits: bits, workers: workers) else {
            throw Self.tooLittleRoom(
                bits, workers, noiseMultiplier, "values of the sum may reach \(reach(workers: workers))")
        }
    }

    private static func tooLittleRoom(
        _ bits: Int, _ workers: Int, _ noiseMultiplier: Double, _ reason: String
    ) -> PrivacyError {
        PrivacyError(
            .overflow,
            "the ring of 2^\(bits) is too small for \(workers) workers and noise multiplier \(noiseMultiplier): "
                + "\(reason); take more bits (at most 32), fewer workers, less noise or a smaller scale")
    }
}
