/// Poisson numbers of a rational mean, drawn exactly and without floating point.
///
/// Rejection from blocks around the mode m, as Bringmann, Kuhn, Panagiotou, Peter and Thomas sample binomials ("Internal
/// DLA: efficient simulation of a physical growth model", ICALP 2014, section 5; Devroye 1986, chapter X): a fair side, a
/// block j with probability 2^−(j+1) and a place in it, kept with probability 2^j P(k)/P(m). Blocks are wide enough to
/// halve P at least, so that this is at most 1. P(k)/P(m) is a product of ratios of whole numbers, kept as a lower
/// bound of 63 bits with a known error; the rare draw that falls within the error is decided with more digits.
struct PoissonDistribution: Equatable, Sendable {
    private let numerator: UInt64
    private let denominator: UInt64
    private let mode: UInt64
    private let width: UInt64
    /// 2^63 P(m + i) / P(m), rounded down, by i; too small by less than i.
    private let above: [UInt64]
    /// 2^63 P(m − i) / P(m), rounded down, by i.
    private let below: [UInt64]

    /// A distribution of mean numerator / denominator.
    ///
    /// Takes memory of about 25 √mean words.
    ///
    /// - Throws: `PrivacyError` unless the numerator is from 1 to 2^40, the denominator from 1 to 2^20, and the mean at
    ///   most 2^30.
    init(mean numerator: Int, over denominator: Int = 1) throws {
        try Requirement.count(numerator, "mean's numerator", in: 1...1 << 40)
        try Requirement.count(denominator, "mean's denominator", in: 1...1 << 20)
        try Requirement.count(numerator / denominator, "mean", in: 0...1 << 30)
        (self.numerator, self.denominator) = (UInt64(numerator), UInt64(denominator))
        mode = UInt64(numerator / denominator)
        let reach = 12 * Int(Double(mode).squareRoot() + 1) + 24
        above = Self.ratios(n: UInt64(numerator), d: UInt64(denominator), mode: mode, isAbove: true, reach)
        below = Self.ratios(n: UInt64(numerator), d: UInt64(denominator), mode: mode, isAbove: false, reach)
        let half: UInt64 = 1 << 62
        // Room for the error, so that the true ratios are at most a half as well.
        let fits = { (ratios: [UInt64]) in
            ratios.enumerated().first { $1 + UInt64($0) <= half }?.offset ?? ratios.count
        }
        width = UInt64(max(fits(above), fits(below)))
    }

    /// Draws one number.
    func sample<Source>(_ integers: inout RandomIntegers<Source>) -> Int {
        while true {
            let choice = integers.word()
            var block = UInt64((choice >> 1).trailingZeroBitCount)
            if choice >> 1 == 0 { block = 63 + Self.moreBlocks(&integers) }
            let isAbove = choice & 1 == 0
            // The mode itself belongs to the upper side.
            let distance = block * width + integers.below(width) + (isAbove ? 0 : 1)
            guard isAbove || distance <= mode else { continue }
            if accepts(distance: distance, isAbove: isAbove, shift: block, &integers) {
                return Int(isAbove ? mode + distance : mode - distance)
            }
        }
    }

    private static func moreBlocks<Source>(_ integers: inout RandomIntegers<Source>) -> UInt64 {
        var more: UInt64 = 0
        while !integers.coin() { more += 1 }
        return more
    }

    /// True with probability 2^shift P / P(m).
    private func accepts<Source>(
        distance: UInt64, isAbove: Bool, shift: UInt64, _ integers: inout RandomIntegers<Source>
    ) -> Bool {
        let drawn = integers.word() >> 1
        let known = UInt64(isAbove ? above.count : below.count)
        // Each width halves P at least, so 2^shift P is no more than it was so many blocks nearer.
        let nearer = distance < known ? 0 : (distance - known) / width + 1
        let near = distance - nearer * width
        let least = (isAbove ? above[Int(near)] : below[Int(near)]) << (shift - nearer)
        if drawn > least + (near + 1) << (shift - nearer) { return false }
        if nearer == 0, drawn < least { return true }
        return decides(drawn, distance: distance, isAbove: isAbove, shift: shift, &integers)
    }

    /// Decides with ever more digits of both the drawn fraction and the ratio.
    private func decides<Source>(
        _ drawn: UInt64, distance: UInt64, isAbove: Bool, shift: UInt64, _ integers: inout RandomIntegers<Source>
    ) -> Bool {
        var fraction = [drawn]
        while true {
            for _ in 0..<2 { fraction.append(integers.word()) }
            var ratio = ExactFraction(one: fraction.count)
            for step in 1...max(1, distance) where distance > 0 {
                let (n, d) = Self.factor(step, n: numerator, d: denominator, mode: mode, isAbove: isAbove)
                ratio.multiply(by: n, over: d)
            }
            let threshold = ratio.shifted(by: shift)
            // The ratio is too small by less than `distance` in its last place, here the last word.
            let slack = ExactFraction.shifted(distance + 1, by: shift, words: fraction.count)
            if ExactFraction.isLess(fraction, threshold) { return true }
            if ExactFraction.isLess(ExactFraction.sum(threshold, slack), fraction) { return false }
        }
    }

    /// P at one step farther from the mode over P at the step before, as a ratio of whole numbers.
    private static func factor(
        _ step: UInt64, n: UInt64, d: UInt64, mode: UInt64, isAbove: Bool
    ) -> (UInt64, UInt64) {
        isAbove ? (n, d * (mode + step)) : (d * (mode + 1 - step), n)
    }

    private static func ratios(n: UInt64, d: UInt64, mode: UInt64, isAbove: Bool, _ reach: Int) -> [UInt64] {
        var ratios: [UInt64] = [1 << 63]
        for step in 1...UInt64(reach) where isAbove || step <= mode {
            let (up, down) = factor(step, n: n, d: d, mode: mode, isAbove: isAbove)
            let product = ratios[ratios.count - 1].multipliedFullWidth(by: up)
            ratios.append(down.dividingFullWidth((product.high, product.low)).quotient)
        }
        return ratios
    }
}
