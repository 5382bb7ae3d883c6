import Foundation

/// Poisson sampling in front of any mechanism whose Rényi curve is known (Zhu & Wang 2019, theorem 5).
///
///     A(α) ≤ (1−γ)^{α−1} (αγ − γ + 1) + C(α,2) γ² (1−γ)^{α−2} e^{ρ(2)}
///            + 3 Σ_{l≥3} C(α,l) (1−γ)^{α−l} γ^l e^{(l−1) ρ(l)}
///
/// Never more than the curve without sampling. Whole orders only.
enum PoissonAmplification {
    /// ρ'(α) of the sampled mechanism.
    static func divergence(order: Int, rate: Double, of curve: (Double) -> Double) -> Double {
        let plain = curve(Double(order))
        guard rate < 1 else { return plain }
        let binomials = LogSpace.binomials(order)
        let (present, absent) = (log(rate), log1p(-rate))
        let alpha = Double(order)
        var terms = [(alpha - 1) * absent + log1p((alpha - 1) * rate)]
        for l in 2...order {
            let weight = binomials[l] + Double(order - l) * absent + Double(l) * present
            terms.append(weight + Double(l - 1) * curve(Double(l)) + (l == 2 ? 0 : log(3)))
        }
        return min(plain, LogSpace.sum(terms) / (alpha - 1))
    }
}
