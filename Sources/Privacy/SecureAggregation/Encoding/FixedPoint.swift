public import Foundation

/// How real vectors become elements of a ring of 2^bits, so that masks hide them perfectly and their sum is exact.
///
/// A worker of weight w sends round(w·x·scale) for each value x of its clipped vector, rounded up or down at random
/// so that the mean is x (stochastic rounding), and w itself as the last element. The sum of n workers is right as
/// long as it stays within ±(2^(bits−1) − 1): `init` refuses every configuration in which
///
///     n·⌈largestWeight·clip·scale⌉ + noiseBound > 2^(bits−1) − 1.
public struct FixedPoint: Sendable, Equatable {
    /// What keeps a worker's values small.
    public enum Clip: Sendable, Equatable {
        /// Each value is moved into ±bound.
        case value(Double)
        /// The vector is scaled down to an L2 norm of at most bound, so each value is within ±bound as well.
        case norm(Double)

        /// The largest magnitude of one value.
        public var bound: Double {
            switch self {
            case .value(let bound), .norm(let bound): bound
            }
        }
    }

    /// The width of a ring element, 16…32.
    public let bits: Int
    /// The most workers in one sum.
    public let workers: Int
    /// The largest weight of one worker; weights are 1…largestWeight.
    public let largestWeight: Int
    /// What keeps a worker's values small.
    public let clip: Clip
    /// Steps for 1.0 of a value of weight one.
    public let scale: Double
    /// The largest magnitude, in steps, of the noise in one element of the whole sum.
    public let noiseBound: Int
    /// The largest magnitude, in steps, of one worker's element before noise.
    public let largestElement: Int

    /// An encoding whose sums fit.
    ///
    /// - Parameters:
    ///   - bits: The width of a ring element, 16…32: a value takes that many bits on the wire.
    ///   - workers: The most workers in one sum.
    ///   - largestWeight: The largest weight of one worker.
    ///   - clip: What keeps a worker's values small.
    ///   - noiseBound: The largest magnitude, in steps, that noise added by mechanisms may have in the sum.
    ///   - scale: Steps for 1.0; the largest that fits where it is nil.
    /// - Throws: ``PrivacyError/Code/invalidConfiguration`` for a number out of its range,
    ///   ``PrivacyError/Code/overflow`` where a sum might not fit, with what to change.
    public init(
        bits: Int, workers: Int, largestWeight: Int = 1, clip: Clip, noiseBound: Int = 0, scale: Double? = nil
    ) throws {
        try Self.check(bits, workers, largestWeight, clip, noiseBound)
        let room = (1 << (bits - 1)) - 1 - noiseBound
        let perWorker = room / workers
        let demand = Double(largestWeight) * clip.bound
        let scale = scale ?? Self.largestScale(steps: perWorker, demand: demand)
        guard scale.isFinite, scale > 0 else {
            throw PrivacyError(.invalidConfiguration, "the scale of the encoding is \(scale); it must be above zero")
        }
        let largest = (demand * scale).rounded(.up)
        guard largest >= 1, demand * scale >= Double(largestWeight), largest <= Double(max(perWorker, 0)) else {
            throw Self.overflow(bits, workers, largestWeight, clip, noiseBound, scale: scale)
        }
        self.bits = bits
        self.workers = workers
        self.largestWeight = largestWeight
        self.clip = clip
        self.scale = scale
        self.noiseBound = noiseBound
        largestElement = Int(largest)
    }

    /// The numbers that every party must hold equal, for the digest of a round.
    public var canonical: Data {
        let kind: UInt64 =
            switch clip {
            case .value: 0
            case .norm: 1
            }
        var bytes = Data()
        for number in [
            UInt64(bits), UInt64(workers), UInt64(largestWeight), kind, clip.bound.bitPattern, scale.bitPattern,
            UInt64(noiseBound),
        ] { bytes.append(littleEndian: number) }
        return bytes
    }
}

extension FixedPoint {
    private static func check(
        _ bits: Int, _ workers: Int, _ largestWeight: Int, _ clip: Clip, _ noiseBound: Int
    ) throws {
        let problem: String? =
            if !(16...32).contains(bits) {
                "elements of \(bits) bits; 16 to 32 are possible"
            } else if !(1...65_535).contains(workers) {
                "\(workers) workers in a sum; 1 to 65535 are possible"
            } else if !(1...0x7fff_ffff).contains(largestWeight) {
                "a largest weight of \(largestWeight); 1 to 2147483647 are possible"
            } else if !(clip.bound.isFinite && clip.bound > 0) {
                "a clip of \(clip.bound); it must be above zero"
            } else if noiseBound < 0 || noiseBound > 0x7fff_ffff {
                "a noise bound of \(noiseBound) steps; 0 to 2147483647 are possible"
            } else {
                nil
            }
        if let problem { throw PrivacyError(.invalidConfiguration, "the encoding has \(problem)") }
    }

    /// The largest scale at which one worker's element stays within `steps`.
    private static func largestScale(steps: Int, demand: Double) -> Double {
        guard steps > 0 else { return 1 / demand }
        var scale = Double(steps) / demand
        while (demand * scale).rounded(.up) > Double(steps) { scale = scale.nextDown }
        return scale
    }

    private static func overflow(
        _ bits: Int, _ workers: Int, _ largestWeight: Int, _ clip: Clip, _ noiseBound: Int, scale: Double
    ) -> PrivacyError {
        PrivacyError(
            .overflow,
            "a sum might not fit the ring: \(workers) workers x weight \(largestWeight) x clip \(clip.bound) x scale "
                + "\(scale) + noise \(noiseBound) against 2^\(bits - 1) - 1 = \((1 << (bits - 1)) - 1), and the clip "
                + "must be at least one step of the scale; take more bits (at most 32), a smaller largest weight, "
                + "fewer workers, less noise or another scale")
    }
}
