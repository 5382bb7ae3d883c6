import Foundation

/// The sum of independent privacy losses, each released several times, computed where its tail decides.
///
/// Before the Fourier transform every mass is tilted by e^{λx} and normalised, with λ the saddle point of the wanted
/// δ: rounding errors are then small against the tail itself and not against 1, so that δ may be as small as wished.
struct LossComposition {
    /// The parts and how often each is released.
    let parts: [(mass: PrivacyLossMass, count: Int)]
    /// The distance between neighbouring losses, h.
    let interval: Double

    /// The tilted sum, and the window of indices it is computed in.
    private struct Window {
        let tilt: Double
        let lowest: Int
        let count: Int
        /// The mass above the window, at most.
        let lost: Double
    }

    /// ln E e^{λS} over finite losses.
    private func logMoment(_ tilt: Double) -> Double {
        parts.reduce(0) { $0 + Double($1.count) * $1.mass.moments(tilt: tilt, interval: interval).log }
    }

    /// λ with λK'(λ) − K(λ) = ln(1/δ) − ln(1 + λ): where the best bound of the divergence by a moment,
    /// e^{K(λ) − λε} λ^λ / (1 + λ)^{1 + λ}, is δ.
    private func saddlePoint(_ delta: Double) -> (tilt: Double, mean: Double, deviation: Double) {
        func state(_ tilt: Double) -> (log: Double, mean: Double, variance: Double) {
            parts.reduce((0.0, 0.0, 0.0)) { total, part in
                let found = part.mass.moments(tilt: tilt, interval: interval)
                let count = Double(part.count)
                return (
                    total.0 + count * found.log, total.1 + count * found.mean, total.2 + count * found.variance
                )
            }
        }
        func isBelow(_ tilt: Double) -> Bool {
            let found = state(tilt)
            return tilt * found.mean - found.log + log1p(tilt) < -log(delta)
        }
        var (low, high) = (0.0, 1.0)
        while high < 1e7, isBelow(high) { (low, high) = (high, 2 * high) }
        while high - low > 1e-3 * high {
            let middle = (low + high) / 2
            if isBelow(middle) { low = middle } else { high = middle }
        }
        let found = state(high)
        return (high, found.mean, max(found.variance, interval * interval).squareRoot())
    }

    /// The least ε ≥ 0 with at most `delta` of hockey-stick divergence.
    ///
    /// - Returns: nil where the window would need more than `limit` indices: a larger interval is needed, and the
    ///   second value is how many it would take.
    func epsilon(delta: Double, limit: Int) -> (epsilon: Double?, needed: Int) {
        let saddle = saddlePoint(delta)
        guard let window = window(saddle, delta) else { return (.infinity, 0) }
        guard window.count <= limit else { return (nil, window.count) }
        let infinite = parts.reduce(0) { $0 + Double($1.count) * log1p(-$1.mass.infinite) }
        // The last factor outweighs what rounding can take away.
        let target = (delta - window.lost + expm1(infinite)) * (1 - 1e-6)
        guard target > 0 else { return (.infinity, window.count) }
        return (epsilon(within: target, of: tiltedSum(window), window), window.count)
    }

    /// Bounds by Chernoff what lies outside: of the sum itself above, and of the tilted sum at both ends, for that is
    /// what the transform folds back into the window.
    ///
    /// - Returns: nil where the bounds are beyond `Double`.
    private func window(_ saddle: (tilt: Double, mean: Double, deviation: Double), _ delta: Double) -> Window? {
        let tilt = saddle.tilt
        let log0 = logMoment(tilt)
        let lost = delta * 1e-7
        let (negligible, reachBelow) = (log(1e-12), 15 / tilt)
        let ceiling = parts.reduce(0) { $0 + Double($1.mass.last) * Double($1.count) } * interval
        let floor = parts.reduce(0) { $0 + Double($1.mass.first) * Double($1.count) } * interval
        var (lower, upper, tiltedUpper) = (floor, ceiling, ceiling)
        for multiple in [0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10, 14, 20, 30] {
            let change = multiple / saddle.deviation
            let above = logMoment(tilt + change)
            upper = min(upper, (above - log(lost)) / (tilt + change))
            tiltedUpper = min(tiltedUpper, (above - log0 - negligible) / change)
            lower = max(lower, (negligible + log0 - logMoment(tilt - change)) / change)
        }
        upper = max(upper, tiltedUpper)
        lower = max(floor, min(lower, saddle.mean - reachBelow))
        guard lower.isFinite, upper.isFinite else { return nil }
        let lowest = (lower / interval).rounded(.down)
        let span = max(2, (upper / interval).rounded(.up) - lowest + 2)
        let count = span > 1e15 ? Int.max : 1 << Int(log2(span).rounded(.up))
        return Window(tilt: tilt, lowest: Int(lowest), count: count, lost: lost)
    }

    /// The tilted masses of the sum, by index modulo the window's length, and the logarithm of their normaliser.
    private func tiltedSum(_ window: Window) -> (masses: [Double], log: Double) {
        let fourier = FourierTransform(count: window.count)
        var product = ComplexSequence(real: Array(repeating: 1, count: window.count))
        for part in parts {
            var sequence = ComplexSequence(
                real: part.mass.folded(tilt: window.tilt, interval: interval, count: window.count))
            fourier.forward(&sequence)
            product.multiply(by: sequence, power: part.count)
        }
        fourier.inverse(&product)
        return (product.real, logMoment(window.tilt))
    }

    /// Walks down from the greatest loss until the divergence passes `target`.
    ///
    /// At the losses xᵢ, with C(i) = Σ_{j≥i} pⱼ e^{xᵢ−xⱼ}: δ(xᵢ₋₁) = δ(xᵢ) + (1 − e^−h) C(i), and between the two δ is
    /// linear in e^ε.
    private func epsilon(
        within target: Double, of sum: (masses: [Double], log: Double), _ window: Window
    ) -> Double {
        let (decay, step) = (exp(-interval), -expm1(-interval))
        var (divergence, weight) = (0.0, 0.0)
        for index in stride(from: window.lowest + window.count - 1, through: window.lowest, by: -1) {
            let loss = Double(index) * interval
            if loss <= 0 { break }
            let tilted = max(0, sum.masses[index.modulo(window.count)])
            weight = weight * decay + tilted * exp(sum.log - window.tilt * loss)
            let next = divergence + step * weight
            if next > target { return max(0, loss + log1p(-(target - divergence) / weight)) }
            divergence = next
        }
        return max(0, Double(window.lowest) * interval)
    }
}

extension PrivacyLossMass {
    /// ln E e^{λx}, and the mean and variance under that tilt.
    func moments(tilt: Double, interval: Double) -> (log: Double, mean: Double, variance: Double) {
        var largest = -Double.infinity
        var top = 0
        let slope = tilt * interval
        for (offset, logMass) in logMasses.enumerated() where logMass + slope * Double(offset) > largest {
            (largest, top) = (logMass + slope * Double(offset), offset)
        }
        var (sum, mean, square) = (0.0, 0.0, 0.0)
        for (offset, logMass) in logMasses.enumerated() {
            let exponent = logMass + slope * Double(offset) - largest
            guard exponent > -80 else { continue }
            let (weight, distance) = (exp(exponent), Double(offset - top) * interval)
            sum += weight
            mean += weight * distance
            square += weight * distance * distance
        }
        mean /= sum
        return (
            slope * Double(first) + largest + log(sum), Double(first + top) * interval + mean,
            max(0, square / sum - mean * mean)
        )
    }

    /// The masses tilted, normalised and folded into a circle of `count` indices.
    fileprivate func folded(tilt: Double, interval: Double, count: Int) -> [Double] {
        let normaliser = moments(tilt: tilt, interval: interval).log
        var circle = Array(repeating: 0.0, count: count)
        for (offset, logMass) in logMasses.enumerated() {
            let index = first + offset
            circle[index.modulo(count)] += exp(logMass + tilt * Double(index) * interval - normaliser)
        }
        return circle
    }
}

extension Int {
    /// The remainder that is not negative.
    fileprivate func modulo(_ modulus: Int) -> Int {
        let rest = self % modulus
        return rest < 0 ? rest + modulus : rest
    }
}
