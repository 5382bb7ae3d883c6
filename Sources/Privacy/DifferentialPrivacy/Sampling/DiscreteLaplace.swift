/// Whole numbers with P(x) ∝ e^{−|x| s/t} (Canonne, Kamath, Steinke 2020, arXiv 2004.00010, algorithm 2).
struct DiscreteLaplace: Equatable, Sendable {
    /// t of the scale t/s.
    let numerator: UInt64
    /// s of the scale t/s.
    let denominator: UInt64

    /// A distribution of scale numerator / denominator.
    ///
    /// - Throws: `PrivacyError` unless both are from 1 to 2^40.
    init(scale numerator: Int, over denominator: Int = 1) throws {
        try Requirement.count(numerator, "scale's numerator", in: 1...1 << 40)
        try Requirement.count(denominator, "scale's denominator", in: 1...1 << 40)
        (self.numerator, self.denominator) = (UInt64(numerator), UInt64(denominator))
    }

    /// Adds nothing to what is known: for scales that were checked.
    init(checkedScale scale: UInt64) { (numerator, denominator) = (scale, 1) }

    /// Draws one number.
    @inline(__always)
    func sample<Source>(_ integers: inout RandomIntegers<Source>) -> Int {
        while true {
            let offset = integers.below(numerator)
            guard integers.bernoulliExp(fraction: offset, numerator) else { continue }
            var turns: UInt64 = 0
            while integers.bernoulliExpOne() { turns += 1 }
            var magnitude = offset + numerator * turns
            if denominator > 1 { magnitude /= denominator }
            let isNegative = integers.coin()
            if isNegative, magnitude == 0 { continue }
            return isNegative ? -Int(magnitude) : Int(magnitude)
        }
    }
}
