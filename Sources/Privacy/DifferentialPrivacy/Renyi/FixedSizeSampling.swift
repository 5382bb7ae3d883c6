import Foundation

/// Rényi divergence of a Gaussian over a sample of fixed size drawn without replacement, under replace-one
/// (Wang, Balle, Kasiviswanathan 2019, arXiv 1808.00087, theorem 27).
///
/// With γ = size / population and B(m) = E_{x ∼ N(0, σ²)} (e^{u(x)} − 1)^m, at whole orders
///
///     A(α) ≤ 1 + C(α,2) γ² min(4 B(2), 2 e^{1/σ²})
///              + Σ_{j≥3} C(α,j) γ^j min(4 √(B(2⌊j/2⌋) B(2⌈j/2⌉)), 2 e^{j(j−1)/2σ²})
///
/// and ln A is convex in α, so it is interpolated between them (corollary 10).
struct FixedSizeSampling {
    private let rate: Double
    private let noise: Double
    /// ln B(m) by m / 2; known to `exactOrder`.
    private let evenMoments: [Double]
    private static let exactOrder = 256

    init(rate: Double, noise: Double) {
        self.rate = rate
        self.noise = noise
        let isTractable = noise >= 0.1 && rate < 1
        evenMoments = isTractable ? (0...Self.exactOrder / 2).map { Self.logEvenMoment(2 * $0, noise) } : []
    }

    /// ρ(α) for any order above 1.
    func divergence(order: Double) -> Double {
        if rate == 1 { return order / (2 * noise * noise) }
        let below = Int(order)
        let share = order - Double(below)
        let upper = share == 0 ? 0 : share * logMoment(below + 1)
        return ((1 - share) * logMoment(below) + upper) / (order - 1)
    }

    private func logMoment(_ order: Int) -> Double {
        guard order > 1 else { return 0 }
        let binomials = LogSpace.binomials(order)
        let isExact = order <= Self.exactOrder && !evenMoments.isEmpty
        let terms = (2...order).map { j -> Double in
            var moment = log(2) + Double(j) * Double(j - 1) / (2 * noise * noise)
            if j == 2 {
                moment = min(moment, log(4) + LogSpace.expMinusOne(1 / (noise * noise)))
            } else if isExact {
                moment = min(moment, log(4) + 0.5 * (evenMoments[j / 2] + evenMoments[(j + 1) / 2]))
            }
            return binomials[j] + Double(j) * log(rate) + moment
        }
        return LogSpace.onePlusExp(LogSpace.sum(terms))
    }

    /// ln E (e^u − 1)^m for even m, by the trapezoidal rule: the integrand is positive and entire.
    private static func logEvenMoment(_ power: Int, _ noise: Double) -> Double {
        let step = 0.25 * min(1, noise)
        let (first, last) = (-14.0, Double(power) / noise + 14)
        let terms = (0...Int((last - first) / step)).map { index -> Double in
            let z = first + Double(index) * step
            let u = (z * noise - 0.5) / (noise * noise)
            let magnitude = u > 0 ? LogSpace.expMinusOne(u) : log(-expm1(u))
            return -0.5 * z * z + (power == 0 ? 0 : Double(power) * magnitude)
        }
        return LogSpace.sum(terms) + log(step) - 0.5 * log(2 * Double.pi)
    }
}
