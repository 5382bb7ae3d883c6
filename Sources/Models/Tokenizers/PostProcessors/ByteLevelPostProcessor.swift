/// Trims white space off the spans of byte-level tokens, if asked to.
struct ByteLevelPostProcessor: PostProcessor {
    let trimsOffsets: Bool
    private let addsPrefixSpace: Bool

    init(_ section: TokenizerSection) throws {
        try self.init(trimsOffsets: section.bool("trim_offsets"), addsPrefixSpace: section.bool("add_prefix_space"))
    }

    /// A processor with these settings.
    init(trimsOffsets: Bool, addsPrefixSpace: Bool) {
        self.trimsOffsets = trimsOffsets
        self.addsPrefixSpace = addsPrefixSpace
    }

    var addsTokens: Bool { false }

    func process(_ groups: inout [[EncodedToken]], addSpecialTokens: Bool) {
        guard trimsOffsets else { return }
        for group in groups.indices {
            for index in groups[group].indices { trim(&groups[group][index], isFirst: index == 0) }
        }
    }

    /// One space before the first token is the one that was added, and stands for nothing in the text.
    private func trim(_ token: inout EncodedToken, isFirst: Bool) {
        var leading = Int32(token.leadingSpaces)
        let trailing = Int32(token.trailingSpaces)
        if leading == 1, addsPrefixSpace, isFirst || token.span.start == 0 { leading = 0 }
        if leading > 0 { token.span.start = min(token.span.start + leading, token.span.end) }
        if trailing > 0, token.span.end >= trailing {
            token.span.end = max(token.span.end - trailing, token.span.start)
        }
    }
}
