/// Differences of two Poisson numbers of equal mean: variance twice that mean.
struct SkellamDistribution: Equatable, Sendable {
    private let poisson: PoissonDistribution

    /// A distribution of variance numerator / denominator.
    ///
    /// - Throws: `PrivacyError` unless the numerator is from 1 to 2^40, the denominator from 1 to 2^19, and the variance
    ///   at most 2^31.
    init(variance numerator: Int, over denominator: Int = 1) throws {
        try Requirement.count(denominator, "variance's denominator", in: 1...1 << 19)
        poisson = try PoissonDistribution(mean: numerator, over: 2 * denominator)
    }

    /// Draws one number.
    func sample<Source>(_ integers: inout RandomIntegers<Source>) -> Int {
        poisson.sample(&integers) - poisson.sample(&integers)
    }
}
