/// Stochastic rounding to whole numbers, tried again until the norm is within the bound of `RoundedNorm`
/// (DDGauss, arXiv 2102.06387, section 4.1).
///
/// Each value is rounded up with the probability of its fraction, so that a rounding that is tried once is unbiased.
/// A vector within the norm passes with probability 1 − β at least. The norm that sensitivity rests on is checked on
/// the whole numbers themselves: no rounding error in what came before can pass it.
struct ConditionalRounding: Equatable, Sendable {
    /// The largest norm before rounding, in units of the grid.
    let norm: Double
    /// The largest norm after.
    let bound: Double

    private static let attempts = 1_000

    /// Rounding of vectors of a norm and dimension.
    init(norm: Double, beta: Double = RoundedNorm.defaultBeta, dimension: Int) {
        self.norm = norm
        bound = RoundedNorm.l2(norm, beta: beta, dimension: dimension)
    }

    /// Multiplies by `scale` and rounds.
    ///
    /// - Throws: `PrivacyError` with code `invalidValue` when the norm is larger than was said, or not finite.
    func round(_ values: [Float], scale: Double, using source: inout some RandomNumberGenerator) throws -> [Int] {
        let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() * scale
        // Room for what rotating in single precision adds.
        guard length <= norm * (1 + 1e-4), length < 0x1p40 else {
            throw PrivacyError(
                .invalidValue,
                "a vector of norm \(length) is to be rounded where at most \(norm) was expected: clip first")
        }
        for _ in 0..<Self.attempts {
            let rounded = values.map { Self.round(Double($0) * scale, using: &source) }
            if RoundedNorm.isWithin(bound, rounded) { return rounded }
        }
        throw PrivacyError(
            .invalidValue, "rounding did not stay within the norm \(bound) in \(Self.attempts) attempts: clip first")
    }

    private static func round(_ value: Double, using source: inout some RandomNumberGenerator) -> Int {
        let floor = value.rounded(.down)
        let fraction = value - floor
        guard fraction > 0 else { return Int(floor) }
        return Int(floor) + (Double(source.next() >> 11) * 0x1p-53 < fraction ? 1 : 0)
    }
}
