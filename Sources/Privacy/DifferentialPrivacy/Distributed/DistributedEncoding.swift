public import Crypto
public import Foundation

/// How the workers of one round turn updates into ring elements that carry noise, and the coordinator their sum into a
/// mean (DDGauss, arXiv 2102.06387, algorithms 1 and 2; the same with Skellam noise, arXiv 2110.04995).
///
/// A worker clips, rotates, scales, rounds, and adds its share of the noise, all modulo 2^bits; masks are added to that.
/// Every worker counts the same: a weight would be one more thing that tells of its data. The noise is what the
/// accountant was told once `noise.shares` honest workers are in the sum, so a sum of fewer must stay closed:
/// `configuration` makes them the fewest workers of a sum, and workers too refuse to open a smaller one.
///
/// A value that leaves the ring harms the mean and not the privacy, for it is the noisy sum that wraps around; a
/// configuration is refused in which that may happen with a probability above `DistributedNoise.overflowProbability`.
public struct DistributedEncoding: Equatable, Sendable {
    /// The noise, and the grid.
    public let noise: DistributedNoise
    /// The round's rotation.
    public let rotation: RandomRotation
    /// The width of a ring element.
    public let bits: Int
    /// The most workers in one sum.
    public let mostWorkers: Int

    /// A round's encoding.
    ///
    /// - Parameters:
    ///   - values: The length of an update.
    ///   - seed: What decides the rotation: fresh in each round, and known to all.
    /// - Throws: ``PrivacyError/Code/overflow`` where a sum may leave the ring,
    ///   ``PrivacyError/Code/invalidConfiguration`` where the noise is not for so many values or workers.
    public init(noise: DistributedNoise, values: Int, seed: UInt64, bits: Int, mostWorkers: Int) throws {
        try Requirement.count(bits, "bits of a ring element", in: 16...32)
        try Requirement.count(mostWorkers, "most workers", in: noise.shares...65_535)
        rotation = try RandomRotation(dimension: values, seed: seed)
        guard rotation.paddedDimension == noise.dimension else {
            throw PrivacyError(
                .invalidConfiguration,
                "noise for \(noise.dimension) values was given for updates of \(values), which have "
                    + "\(rotation.paddedDimension) when padded")
        }
        try noise.requireRoom(bits: bits, workers: mostWorkers)
        (self.noise, self.bits, self.mostWorkers) = (noise, bits, mostWorkers)
    }

    /// One worker's ring elements, `noise.dimension` of them below 2^bits.
    ///
    /// - Parameters:
    ///   - update: As it was trained, not yet clipped.
    ///   - randomness: 32 fresh bytes that decide roundings and noise; never used twice, and told to nobody.
    ///   - lanes: The threads that draw noise; blocks until they are done.
    /// - Throws: ``PrivacyError/Code/invalidValue`` for an update of another length or with a value that is not finite.
    public func encode(
        _ update: [Float], randomness: SymmetricKey = SymmetricKey(size: .bits256), lanes: Int = 1
    ) throws -> [UInt32] {
        var clipped = update
        try NormClip(noise.clip).clip(&clipped)
        let rounding = ConditionalRounding(
            norm: noise.clip * noise.scale, beta: noise.beta, dimension: noise.dimension)
        // The stretches of the noise count up from zero.
        var source = NoiseStream(key: randomness, stretch: -1)
        var elements = try rounding.round(rotation.rotate(clipped), scale: noise.scale, using: &source)
            .map { UInt32(truncatingIfNeeded: $0) }
        try noise.addShare(to: &elements, key: randomness, lanes: lanes)
        let ring = UInt32.max >> UInt32(32 - bits)
        for index in elements.indices { elements[index] &= ring }
        return elements
    }

    /// The sum of updates, divided.
    ///
    /// - Parameters:
    ///   - sum: The ring elements of the sum, without masks.
    ///   - divisor: The workers expected in a round, a fixed number; or those in the sum, where their number is public.
    /// - Throws: ``PrivacyError/Code/invalidValue`` for a sum of another length or a divisor that is not above 0.
    public func mean(of sum: [UInt32], dividedBy divisor: Double) throws -> [Float] {
        guard divisor > 0, divisor.isFinite else {
            throw PrivacyError(.invalidValue, "a sum cannot be divided by \(divisor) workers")
        }
        let step = 1 / (noise.scale * divisor)
        let shift = Int32(32 - bits)
        return try rotation.unrotate(sum.map { Float(Double(Int32(bitPattern: $0 << UInt32(shift)) >> shift) * step) })
    }

    /// A round of secure aggregation whose sums hold the noise that was promised.
    ///
    /// - Parameters:
    ///   - fewestWorkers: Fewer make no sum; nor do fewer than `noise.shares`.
    ///   - binding: What else must be equal, at most as `SecureAggregationConfiguration` says.
    /// - Throws: As `SecureAggregationConfiguration`.
    public func configuration(
        run: String, round: UInt64, fewestWorkers: Int = 3, threshold: Double = 0.67, colluders: Int = 0,
        binding: Data = Data()
    ) throws -> SecureAggregationConfiguration {
        try SecureAggregationConfiguration(
            run: run, round: round, elements: noise.dimension, bits: bits,
            fewestWorkers: max(fewestWorkers, noise.shares), mostWorkers: mostWorkers, threshold: threshold,
            colluders: colluders, binding: Data(SHA256.hash(data: canonical + binding)))
    }

    /// The numbers that every party must hold equal, for the digest of a round.
    public var canonical: Data {
        var bytes = Data("lorad distributed noise 1 \(noise.kind.rawValue)".utf8)
        for number in [
            noise.clip.bitPattern, noise.localDeviation.bitPattern, UInt64(noise.shares), noise.scale.bitPattern,
            UInt64(noise.dimension), noise.beta.bitPattern, UInt64(rotation.dimension), rotation.seed, UInt64(bits),
            UInt64(mostWorkers),
        ] { bytes.append(littleEndian: number) }
        return bytes
    }
}
