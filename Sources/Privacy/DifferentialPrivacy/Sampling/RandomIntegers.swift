/// Uniform whole numbers and exact coins over any generator.
///
/// Nothing here or in the samplers built on it touches floating point: every probability is a ratio of whole numbers
/// and is met exactly.
struct RandomIntegers<Source: RandomNumberGenerator> {
    /// Where words come from.
    var source: Source
    private var bits: UInt64 = 0
    private var bitCount = 0

    init(_ source: Source) { self.source = source }

    /// A whole word.
    @inline(__always)
    mutating func word() -> UInt64 { source.next() }

    /// A fair coin.
    @inline(__always)
    mutating func coin() -> Bool { take(1) == 1 }

    /// Some bits of a word that is used up piece by piece.
    @inline(__always)
    private mutating func take(_ count: Int) -> UInt64 {
        if bitCount < count { (bits, bitCount) = (source.next(), 64) }
        defer { (bits, bitCount) = (bits >> UInt64(count), bitCount - count) }
        return bits & (1 << UInt64(count) - 1)
    }

    /// Uniform in 0 ..< bound, by Lemire's multiplication with rejection (2019, arXiv 1805.10941).
    @inline(__always)
    mutating func below(_ bound: UInt64) -> UInt64 {
        var product = source.next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let least = (0 &- bound) % bound
            while product.low < least { product = source.next().multipliedFullWidth(by: bound) }
        }
        return product.high
    }

    /// Uniform in 0 ..< bound, for bounds up to 2^16.
    @inline(__always)
    private mutating func belowSmall(_ bound: UInt32) -> UInt32 {
        while true {
            let product = UInt32(truncatingIfNeeded: take(16)) * bound
            let low = product & 0xFFFF
            if low >= bound || low >= (0x1_0000 - bound) % bound { return product >> 16 }
        }
    }

    /// True with probability numerator / denominator, at most 1.
    @inline(__always)
    mutating func bernoulli(_ numerator: UInt64, _ denominator: UInt64) -> Bool { below(denominator) < numerator }

    /// As above for wide numbers, by rejection of whole words.
    mutating func bernoulli(_ numerator: UInt128, _ denominator: UInt128) -> Bool {
        let mask = UInt128.max >> UInt128(denominator.leadingZeroBitCount)
        while true {
            let drawn = (UInt128(source.next()) << 64 | UInt128(source.next())) & mask
            if drawn < denominator { return drawn < numerator }
        }
    }

    /// True with probability 1 / k.
    @inline(__always)
    private mutating func oneIn(_ k: UInt32) -> Bool {
        k == 1 || (k < 1 << 15 ? belowSmall(k) == 0 : below(UInt64(k)) == 0)
    }

    /// True with probability e^−γ for γ ≤ 1, given a coin of probability γ
    /// (Canonne, Kamath, Steinke 2020, arXiv 2004.00010, algorithm 1).
    ///
    /// The coin of probability γ/k is the conjunction of those of 1/k and γ, which keeps denominators from growing.
    @inline(__always)
    private mutating func bernoulliExp(coin: (inout Self) -> Bool) -> Bool {
        var k: UInt32 = 1
        while oneIn(k), coin(&self) { k += 1 }
        return k & 1 == 1
    }

    /// True with probability e^−1.
    @inline(__always)
    mutating func bernoulliExpOne() -> Bool { bernoulliExp { _ in true } }

    /// True with probability e^−(numerator/denominator), for any ratio.
    @inline(__always)
    mutating func bernoulliExp(_ numerator: UInt128, _ denominator: UInt128) -> Bool {
        var (whole, rest) = (UInt128(0), numerator)
        if numerator >= denominator { (whole, rest) = numerator.quotientAndRemainder(dividingBy: denominator) }
        while whole > 0 {
            guard bernoulliExpOne() else { return false }
            whole -= 1
        }
        if denominator <= UInt128(UInt64.max) {
            return bernoulliExp(fraction: UInt64(truncatingIfNeeded: rest), UInt64(truncatingIfNeeded: denominator))
        }
        return bernoulliExp { $0.bernoulli(rest, denominator) }
    }

    /// True with probability e^−(numerator/denominator), for ratios up to 1.
    @inline(__always)
    mutating func bernoulliExp(fraction numerator: UInt64, _ denominator: UInt64) -> Bool {
        bernoulliExp { $0.bernoulli(numerator, denominator) }
    }
}
