/// Cuts at white space, which is dropped, and at each punctuation mark.
struct BertPreTokenizer: PreTokenizer {
    init(_ section: TokenizerSection) throws {}

    func preTokenize(_ text: inout PreTokenizedText) {
        text.split(.removed, where: ScalarCategory.isWhitespace)
        text.split(.isolated, where: PunctuationPreTokenizer.isPunctuation)
    }
}
