import Foundation

/// Rényi divergence of the Poisson-sampled Gaussian (Mironov, Talwar, Zhang 2019, arXiv 1908.10530).
///
///     A(α) = E_{x ∼ N(0, σ²)} (1 − q + q e^{u(x)})^α        ρ(α) = ln A(α) / (α − 1)
extension SampledGaussian {
    /// ρ(α) for any order above 1.
    func divergence(order: Double) -> Double {
        if rate == 1 { return order / (2 * noise * noise) }
        if order == order.rounded() { return logMoment(Int(order)) / (order - 1) }
        return (noise < 0.1 ? interpolatedLogMoment(order) : logMoment(order)) / (order - 1)
    }

    /// ln A at a whole order: the binomial theorem.
    ///
    /// The terms 0 and 1 have moment 1 and the weights sum to 1, so A − 1 = Σ_{k≥2} C(α,k) (1−q)^{α−k} q^k
    /// (e^{(k²−k)/2σ²} − 1): what is left is positive, and small divergences keep their digits.
    private func logMoment(_ order: Int) -> Double {
        let binomials = LogSpace.binomials(order)
        let (present, absent) = (log(rate), log1p(-rate))
        let terms = (2...order).map { k -> Double in
            let growth = LogSpace.expMinusOne(Double(k) * Double(k - 1) / (2 * noise * noise))
            return binomials[k] + Double(order - k) * absent + Double(k) * present + growth
        }
        return LogSpace.onePlusExp(LogSpace.sum(terms))
    }

    /// ln A at any order, by the trapezoidal rule over E[(1+x)^α − 1 − αx], x = q(e^u − 1), E x = 0.
    ///
    /// The integrand is positive and analytic in the strip |Im z| < πσ², where the rule converges geometrically: the
    /// step below leaves less than e^−79. The binomial series of section 3.3 alternates in sign, converges slowly at
    /// small orders, and is an overestimate where the signs are dropped, as some accountants do.
    private func logMoment(_ order: Double) -> Double {
        let step = 0.25 * min(1, noise)
        let (first, last) = (-14.0, order / noise + 14)
        var terms: [Double] = []
        terms.reserveCapacity(Int((last - first) / step) + 1)
        for index in 0...Int((last - first) / step) {
            let z = first + Double(index) * step
            terms.append(-0.5 * z * z + logConvexGap(order, logRatio: logRatio(at: z * noise)))
        }
        return LogSpace.onePlusExp(LogSpace.sum(terms) + log(step) - 0.5 * log(2 * Double.pi))
    }

    /// ln((1+x)^α − 1 − αx) for x = q(e^u − 1).
    private func logConvexGap(_ order: Double, logRatio u: Double) -> Double {
        let power = order * loss(logRatio: u)
        if power > 50 { return power + log1p((order - 1) * exp(-power) - order * exp(power / order - power)) }
        let x = rate * expm1(u)
        guard abs(order * x) < 1e-2 else { return log(max(0, expm1(power) - order * x)) }
        var term = order * (order - 1) / 2
        var sum = term
        for j in 3...9 {
            term *= (order - Double(j - 1)) / Double(j) * x
            sum += term
        }
        return 2 * log(abs(x)) + log(sum)
    }

    /// An upper bound on ln A between two whole orders: ln A is convex in α.
    private func interpolatedLogMoment(_ order: Double) -> Double {
        let below = Int(order)
        let share = order - Double(below)
        return (1 - share) * (below == 1 ? 0 : logMoment(below)) + share * logMoment(below + 1)
    }
}
