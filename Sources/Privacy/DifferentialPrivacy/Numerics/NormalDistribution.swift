import Foundation

/// The standard normal distribution.
enum NormalDistribution {
    /// P(Z ≤ x).
    static func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x / 2.squareRoot()) }

    /// ln P(Z ≤ x), true to about 1e-13 far into the lower tail too.
    static func logCumulative(_ x: Double) -> Double {
        guard x < -30 else { return x > 5 ? log1p(-cumulative(-x)) : log(cumulative(x)) }
        let inverse = 1 / (x * x)
        let series = -inverse * (1 - inverse * (3 - inverse * (15 - 105 * inverse)))
        return -0.5 * x * x - log(-x) - 0.5 * log(2 * Double.pi) + log1p(series)
    }

    /// A z with P(Z > z) ≤ `tail`, a little larger than the quantile.
    static func tailBound(_ tail: Double) -> Double { (2 * log(1 / tail)).squareRoot() }
}
