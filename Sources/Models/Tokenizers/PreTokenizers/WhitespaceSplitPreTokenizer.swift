/// Cuts at white space, which is dropped.
struct WhitespaceSplitPreTokenizer: PreTokenizer {
    init(_ section: TokenizerSection) throws {}

    func preTokenize(_ text: inout PreTokenizedText) {
        text.split(.removed, where: ScalarCategory.isWhitespace)
    }
}
