/// Whole numbers with P(x) ∝ e^{−x²/2σ²}, σ² rational, drawn exactly
/// (Canonne, Kamath, Steinke 2020, arXiv 2004.00010, algorithm 3).
///
/// A discrete Laplace number y of scale t is kept with probability e^{−(|y| − σ²/t)²/2σ²}. With σ² = n/d that exponent
/// is (|y|dt − n)² / 2ndt², a ratio of whole numbers below 2^128.
struct DiscreteGaussian: Equatable, Sendable {
    private let laplace: DiscreteLaplace
    private let factor: UInt128
    private let centre: UInt128
    private let denominator: UInt128

    /// A distribution of variance parameter numerator / denominator.
    ///
    /// - Throws: `PrivacyError` unless the numerator is from 1 to 2^40 and the denominator from 1 to 2^20.
    init(variance numerator: Int, over denominator: Int = 1) throws {
        try Requirement.count(numerator, "variance's numerator", in: 1...1 << 40)
        try Requirement.count(denominator, "variance's denominator", in: 1...1 << 20)
        var root = UInt64(Double(numerator / denominator).squareRoot())
        while root * root > UInt64(numerator / denominator) { root -= 1 }
        let (scale, n, d) = (root + 1, UInt128(numerator), UInt128(denominator))
        laplace = DiscreteLaplace(checkedScale: scale)
        factor = d * UInt128(scale)
        centre = n
        self.denominator = 2 * n * factor * UInt128(scale)
    }

    /// A distribution of a whole σ, for which t = σ leaves (|y| − σ)² / 2σ².
    ///
    /// - Throws: `PrivacyError` unless σ is from 1 to 2^52.
    init(deviation: Int) throws {
        try Requirement.count(deviation, "deviation", in: 1...1 << 52)
        laplace = DiscreteLaplace(checkedScale: UInt64(deviation))
        (factor, centre) = (1, UInt128(deviation))
        denominator = 2 * centre * centre
    }

    /// Draws one number.
    @inline(__always)
    func sample<Source>(_ integers: inout RandomIntegers<Source>) -> Int {
        while true {
            let candidate = laplace.sample(&integers)
            let reached = UInt128(candidate.magnitude) * factor
            let distance = reached > centre ? reached - centre : centre - reached
            if integers.bernoulliExp(distance * distance, denominator) { return candidate }
        }
    }
}
