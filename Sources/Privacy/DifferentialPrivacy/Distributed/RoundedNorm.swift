import Foundation

/// The norm that stochastic rounding to whole numbers leaves (DDGauss, arXiv 2102.06387, theorem 1).
public enum RoundedNorm {
    /// β = e^−½: the least probability with which rounding must succeed, so that it is seldom tried twice.
    public static let defaultBeta = exp(-0.5)

    /// min(c + √d, √(c² + d/4 + √(2 ln(1/β)) (c + √d/2))): the L2 bound of a vector of norm c after rounding.
    ///
    /// - Parameters:
    ///   - norm: c, in units of the grid.
    ///   - beta: β in [0, 1); 0 for rounding that is not conditional.
    ///   - dimension: d, padding included.
    public static func l2(_ norm: Double, beta: Double = defaultBeta, dimension: Int) -> Double {
        let root = Double(dimension).squareRoot()
        guard beta > 0 else { return norm + root }
        let spread = (2 * log(1 / beta)).squareRoot() * (norm + 0.5 * root)
        return min(norm + root, (norm * norm + 0.25 * Double(dimension) + spread).squareRoot())
    }

    /// The L1 bound of whole numbers of L2 norm c: c min(√d, c).
    public static func l1(_ norm: Double, dimension: Int) -> Double {
        norm * min(Double(dimension).squareRoot(), norm)
    }

    /// Whether whole numbers are within an L2 norm: their squares are added exactly, and the margin is for the bound's own.
    static func isWithin(_ bound: Double, _ numbers: some Sequence<Int>) -> Bool {
        let square = numbers.reduce(UInt128(0)) { $0 + UInt128($1.magnitude) * UInt128($1.magnitude) }
        return Double(square) <= bound * bound * (1 - 1e-12)
    }
}
