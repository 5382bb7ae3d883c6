import Foundation

/// What the noise guarantees.
extension DistributedNoise {
    /// ρ(α) of one release in which everybody takes part, α a whole number above 1.
    public func divergence(order: Double) -> Double { divergence()(order) }

    /// ρ as a function, with what does not depend on α computed once.
    func divergence() -> (Double) -> Double {
        switch kind {
        case .discreteGaussian: discreteGaussianDivergence()
        case .skellam: skellamDivergence()
        }
    }

    /// ρ = min(½αΔ₂² + τd, ½α(Δ₂² + 2Δ₁τ + τ²d), ½α(Δ₂ + √d τ)²), with Δ = sensitivity / √n σ and
    /// τ = 10 Σ_{k<n} e^{−2π²(σ/γ)² k/(k+1)}, which is how far a sum of discrete Gaussians is from one.
    private func discreteGaussianDivergence() -> (Double) -> Double {
        let deviation = centralDeviation * scale
        let l2 = gridNorm / deviation
        let l1 = RoundedNorm.l1(gridNorm, dimension: dimension) / deviation
        let exponent = -2 * pow(Double.pi * localDeviation * scale, 2)
        let d = Double(dimension)
        let tau = sumGap(exponent)
        return { order in
            let pure = 0.5 * order * l2 * l2 + tau * d
            let mixed = 0.5 * order * (l2 * l2 + 2 * l1 * tau + tau * tau * d)
            return min(pure, mixed, 0.5 * order * pow(l2 + d.squareRoot() * tau, 2))
        }
    }

    private func sumGap(_ exponent: Double) -> Double {
        guard shares > 1, exponent > -1_400 else { return 0 }
        let terms = (1..<shares).map { (k: Int) -> Double in exp(exponent * Double(k) / Double(k + 1)) }
        return 10 * terms.reduce(0, +)
    }

    /// ρ = αΔ₂²/2μ + min(((2α−1)sΔ₂² + 6Δ₁)/(4s³μ²), 3Δ₁/(2sμ)), with μ the variance of the noise, s the scale.
    private func skellamDivergence() -> (Double) -> Double {
        let l2 = gridNorm / scale
        let l1 = RoundedNorm.l1(gridNorm, dimension: dimension) / scale
        let (s, mu) = (scale, centralDeviation * centralDeviation)
        return { order in
            let fine = ((2 * order - 1) * s * l2 * l2 + 6 * l1) / (4 * s * s * s * mu * mu)
            return order * l2 * l2 / (2 * mu) + min(fine, 3 * l1 / (2 * s * mu))
        }
    }
}
