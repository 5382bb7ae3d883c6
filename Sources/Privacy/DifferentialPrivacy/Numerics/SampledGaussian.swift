import Foundation

/// One release of the Poisson-sampled Gaussian: N(0, σ²) without the person, (1−q) N(0, σ²) + q N(1, σ²) with.
///
/// Everything is in units of the sensitivity.
struct SampledGaussian: Equatable {
    /// The probability that a person takes part, above 0 and up to 1.
    let rate: Double
    /// The standard deviation of the noise, σ.
    let noise: Double

    /// u(x) = (2x − 1) / 2σ²: the log-likelihood ratio of N(1, σ²) to N(0, σ²) at x.
    func logRatio(at x: Double) -> Double { (x - 0.5) / (noise * noise) }

    /// L = ln(1 − q + q e^u): the privacy loss of "with" against "without".
    func loss(logRatio u: Double) -> Double {
        if rate == 1 { return u }
        if u > 40 { return u + log(rate) + log1p((1 - rate) / rate * exp(-u)) }
        let change = rate * expm1(u)
        return change > -0.5 ? log1p(change) : log((1 - rate) + rate * exp(u))
    }

    /// L at the output x.
    func loss(at x: Double) -> Double { loss(logRatio: logRatio(at: x)) }

    /// The output at which the loss is `loss`; −∞ below the least loss, ln(1 − q).
    func output(ofLoss loss: Double) -> Double {
        noise * noise * logRatio(ofLoss: loss) + 0.5
    }

    private func logRatio(ofLoss loss: Double) -> Double {
        if rate == 1 { return loss }
        if loss > 40 { return loss - log(rate) + log1p(-(1 - rate) * exp(-loss)) }
        let change = expm1(loss) / rate
        return change > -1 ? log1p(change) : -.infinity
    }

    /// The density of the noise: that of the output without the person.
    func density(at x: Double) -> Double {
        let z = x / noise
        return exp(-0.5 * z * z) / (noise * (2 * Double.pi).squareRoot())
    }
}
