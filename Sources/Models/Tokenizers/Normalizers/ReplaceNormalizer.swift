/// Replaces every match of a pattern with a text.
struct ReplaceNormalizer: Normalizer {
    private let pattern: ScalarPattern
    private let content: [UInt32]

    init(_ section: TokenizerSection) throws {
        pattern = try ScalarPattern(section)
        content = try section.string("content").unicodeScalars.map(\.value)
    }

    func normalize(_ text: inout AlignedText) {
        var matches: [Range<Int>] = []
        text.scalars.withUnsafeBufferPointer { pattern.appendMatches(in: $0, to: &matches) }
        text.replace(matches, with: content)
    }
}
