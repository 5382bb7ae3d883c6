import Tensors

/// A random rotation that spreads an update evenly over its coordinates: random signs, then the Walsh–Hadamard
/// transform, x ↦ H D x / √d (Suresh et al. 2017, arXiv 1611.00429; DDGauss, arXiv 2102.06387, section 4.2).
///
/// Norms are kept. The seed is shared by everyone in a round and is no secret: what it must not do is depend on data.
public struct RandomRotation: Equatable, Sendable {
    /// The length of what is rotated.
    public let dimension: Int
    /// The length of what comes out: the next power of two.
    public let paddedDimension: Int
    /// What decides the signs.
    public let seed: UInt64

    /// A rotation for a length.
    ///
    /// - Throws: `PrivacyError` unless the length is from 1 to 2^30.
    public init(dimension: Int, seed: UInt64) throws {
        try Requirement.count(dimension, "dimension", in: 1...1 << 30)
        self.dimension = dimension
        self.seed = seed
        paddedDimension = dimension == 1 ? 1 : 1 << (Int.bitWidth - (dimension - 1).leadingZeroBitCount)
    }

    /// Rotates.
    ///
    /// - Throws: `PrivacyError` when the length is another.
    public func rotate(_ update: [Float]) throws -> [Float] {
        try check(update.count, dimension)
        var rotated = update + Array(repeating: 0, count: paddedDimension - dimension)
        flipSigns(&rotated)
        Self.transform(&rotated)
        return rotated
    }

    /// Takes a rotation back.
    ///
    /// - Throws: `PrivacyError` when the length is not the padded one.
    public func unrotate(_ rotated: [Float]) throws -> [Float] {
        try check(rotated.count, paddedDimension)
        var update = rotated
        Self.transform(&update)
        flipSigns(&update)
        return Array(update.prefix(dimension))
    }

    private func check(_ count: Int, _ expected: Int) throws {
        guard count == expected else {
            throw PrivacyError(.invalidValue, "a rotation of \(expected) values was given \(count)")
        }
    }

    private func flipSigns(_ values: inout [Float]) {
        var words = SplitMix64(seed: seed)
        for start in stride(from: 0, to: values.count, by: 64) {
            var bits = words.next()
            for index in start..<min(start + 64, values.count) {
                if bits & 1 == 1 { values[index] = -values[index] }
                bits >>= 1
            }
        }
    }

    /// The orthonormal Walsh–Hadamard transform, its own inverse.
    private static func transform(_ values: inout [Float]) {
        let scale = 1 / Float(values.count).squareRoot()
        values.withUnsafeMutableBufferPointer { buffer in
            var half = 1
            while half < buffer.count {
                for start in stride(from: 0, to: buffer.count, by: 2 * half) {
                    for index in start..<start + half {
                        let (a, b) = (buffer[index], buffer[index + half])
                        (buffer[index], buffer[index + half]) = (a + b, a - b)
                    }
                }
                half *= 2
            }
            for index in buffer.indices { buffer[index] *= scale }
        }
    }
}
