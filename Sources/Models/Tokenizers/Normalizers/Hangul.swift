/// The rule by which Korean syllables decompose and compose (Unicode Standard, section 3.12).
enum Hangul {
    private static let syllables: UInt32 = 0xAC00
    private static let leads: UInt32 = 0x1100
    private static let vowels: UInt32 = 0x1161
    private static let trails: UInt32 = 0x11A7
    private static let vowelCount: UInt32 = 21
    private static let trailCount: UInt32 = 28

    /// The two or three letters of a syllable.
    static func decomposition(of scalar: UInt32) -> [UInt32]? {
        guard (syllables..<syllables + 19 * vowelCount * trailCount).contains(scalar) else { return nil }
        let (index, trail) = (scalar - syllables).quotientAndRemainder(dividingBy: trailCount)
        let letters = [leads + index / vowelCount, vowels + index % vowelCount]
        return trail == 0 ? letters : letters + [trails + trail]
    }

    /// The syllable of two letters, or of a syllable without a trailing letter and one.
    static func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if (leads..<leads + 19).contains(first), (vowels..<vowels + vowelCount).contains(second) {
            return syllables + ((first - leads) * vowelCount + second - vowels) * trailCount
        }
        guard decomposition(of: first)?.count == 2, (trails + 1..<trails + trailCount).contains(second) else {
            return nil
        }
        return first + second - trails
    }

    /// Whether a scalar is a letter that may join what stands before it.
    static func joins(_ scalar: UInt32) -> Bool {
        (vowels..<vowels + vowelCount).contains(scalar) || (trails + 1..<trails + trailCount).contains(scalar)
    }
}
