/// Cuts into words as GPT-2 does, and replaces each byte of their UTF-8 by its visible scalar.
struct ByteLevelPreTokenizer: PreTokenizer {
    private static let words =
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

    private let addsPrefixSpace: Bool
    private let pattern: ScalarPattern?

    init(_ section: TokenizerSection) throws {
        addsPrefixSpace = try section.bool("add_prefix_space")
        pattern = try section.bool("use_regex", default: true) ? try ScalarPattern(Self.words) : nil
    }

    func preTokenize(_ text: inout PreTokenizedText) {
        if addsPrefixSpace {
            text.transform { if $0.scalars.first != 0x20 { $0.prepend([0x20]) } }
        }
        if let pattern { text.split(.isolated) { pattern.appendMatches(in: $0, to: &$1) } }
        text.expand(ByteAlphabet.append)
    }
}
