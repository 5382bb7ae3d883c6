/// Cuts at the matches of a pattern, or between them if it is inverted.
struct SplitPreTokenizer: PreTokenizer {
    private let pattern: ScalarPattern
    private let behavior: SplitBehavior
    private let isInverted: Bool

    init(_ section: TokenizerSection) throws {
        pattern = try ScalarPattern(section)
        behavior = try SplitBehavior(section)
        isInverted = try section.bool("invert")
    }

    func preTokenize(_ text: inout PreTokenizedText) {
        text.split(behavior, inverted: isInverted) { pattern.appendMatches(in: $0, to: &$1) }
    }
}
