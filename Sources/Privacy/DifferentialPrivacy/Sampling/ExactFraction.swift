/// A number from 0 to 1 of any precision: 63 bits after the point in the first word, 64 in each other.
struct ExactFraction {
    /// The words, the highest first.
    private(set) var words: [UInt64]

    /// 1, to so many words.
    init(one words: Int) { self.words = [1 << 63] + Array(repeating: 0, count: words - 1) }

    /// Multiplies by a ratio of at most 1, rounding down.
    mutating func multiply(by numerator: UInt64, over denominator: UInt64) {
        var carry: UInt64 = 0
        for index in words.indices.reversed() {
            let product = words[index].multipliedFullWidth(by: numerator)
            let (low, overflow) = product.low.addingReportingOverflow(carry)
            words[index] = low
            carry = product.high + (overflow ? 1 : 0)
        }
        for index in words.indices {
            (words[index], carry) = denominator.dividingFullWidth((carry, words[index]))
        }
    }

    /// The words after multiplication by 2^shift, with what leaves the first word in a new one before it.
    func shifted(by shift: UInt64) -> [UInt64] { Self.shifted(words, by: shift) }

    /// `value` in the last of so many words, times 2^shift.
    static func shifted(_ value: UInt64, by shift: UInt64, words: Int) -> [UInt64] {
        shifted(Array(repeating: 0, count: words - 1) + [value], by: shift)
    }

    private static func shifted(_ words: [UInt64], by shift: UInt64) -> [UInt64] {
        let (whole, bits) = (Int(shift / 64), shift % 64)
        let padded = [0] + words + Array(repeating: 0, count: whole)
        let moved = padded.indices.map { index -> UInt64 in
            let next = index + 1 < padded.count ? padded[index + 1] : 0
            return padded[index] << bits | (bits == 0 ? 0 : next >> (64 - bits))
        }
        return moved
    }

    /// Whether a < b, both aligned at their last word.
    static func isLess(_ a: [UInt64], _ b: [UInt64]) -> Bool {
        let count = max(a.count, b.count)
        return aligned(a, count).lexicographicallyPrecedes(aligned(b, count))
    }

    /// a + b, both aligned at their last word.
    static func sum(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] {
        let count = max(a.count, b.count) + 1
        var (sum, carry) = (aligned(a, count), UInt64(0))
        for (index, word) in aligned(b, count).enumerated().reversed() {
            let (partial, first) = sum[index].addingReportingOverflow(word)
            let (total, second) = partial.addingReportingOverflow(carry)
            sum[index] = total
            carry = first || second ? 1 : 0
        }
        return sum
    }

    private static func aligned(_ words: [UInt64], _ count: Int) -> [UInt64] {
        Array(repeating: 0, count: count - words.count) + words
    }
}
