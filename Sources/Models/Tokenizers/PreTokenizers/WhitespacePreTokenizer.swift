/// Keeps runs of word characters and runs of other visible ones, `\w+|[^\w\s]+`.
struct WhitespacePreTokenizer: PreTokenizer {
    private enum Kind { case space, word, other }

    init(_ section: TokenizerSection) throws {}

    func preTokenize(_ text: inout PreTokenizedText) {
        text.split { scalars, pieces in
            var start = 0
            for index in scalars.indices
            where index + 1 == scalars.count || Self.kind(scalars[index]) != Self.kind(scalars[index + 1]) {
                if Self.kind(scalars[index]) != .space { pieces.append(TextPiece(range: start..<index + 1)) }
                start = index + 1
            }
        }
    }

    private static func kind(_ scalar: UInt32) -> Kind {
        ScalarCategory.isWhitespace(scalar) ? .space : WordScalars.set.contains(scalar) ? .word : .other
    }
}
