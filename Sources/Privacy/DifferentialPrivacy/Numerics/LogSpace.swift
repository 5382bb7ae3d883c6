import Foundation

/// Arithmetic on logarithms, for sums whose terms leave the range of `Double`.
enum LogSpace {
    /// ln(eᵃ + eᵇ).
    static func add(_ a: Double, _ b: Double) -> Double {
        let (small, large) = a < b ? (a, b) : (b, a)
        return small == -.infinity ? large : large + log1p(exp(small - large))
    }

    /// ln Σ e^xᵢ.
    static func sum(_ terms: [Double]) -> Double {
        guard let largest = terms.max(), largest.isFinite else { return terms.max() ?? -.infinity }
        return largest + log(terms.reduce(0) { $0 + exp($1 - largest) })
    }

    /// ln(eˣ − 1) for x > 0.
    static func expMinusOne(_ x: Double) -> Double { x > 30 ? x + log1p(-exp(-x)) : log(expm1(x)) }

    /// ln(1 + eˣ).
    static func onePlusExp(_ x: Double) -> Double { add(0, x) }

    /// ln C(n, k) for every k from 0 to n.
    static func binomials(_ n: Int) -> [Double] {
        var logarithms = [0.0]
        for k in 1...max(1, n) { logarithms.append(logarithms[k - 1] + log(Double(n - k + 1) / Double(k))) }
        return logarithms
    }
}
