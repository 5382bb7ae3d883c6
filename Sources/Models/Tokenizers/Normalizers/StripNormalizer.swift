/// Removes white space at the ends of the text.
struct StripNormalizer: Normalizer {
    private let stripsLeft: Bool
    private let stripsRight: Bool

    init(_ section: TokenizerSection) throws {
        stripsLeft = try section.bool("strip_left")
        stripsRight = try section.bool("strip_right")
    }

    func normalize(_ text: inout AlignedText) {
        var (start, end) = (0, text.scalars.count)
        if stripsLeft { while start < end, ScalarCategory.isWhitespace(text.scalars[start]) { start += 1 } }
        if stripsRight { while end > start, ScalarCategory.isWhitespace(text.scalars[end - 1]) { end -= 1 } }
        if end - start < text.scalars.count { text.keep(start..<end) }
    }
}
