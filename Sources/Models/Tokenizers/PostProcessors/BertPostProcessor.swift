/// Puts a class token before the text and a separator after it.
struct BertPostProcessor: PostProcessor {
    private let first: Int
    private let last: Int

    init(_ section: TokenizerSection) throws {
        first = try section.tokenPair("cls")
        last = try section.tokenPair("sep")
    }

    var trimsOffsets: Bool { false }

    var addsTokens: Bool { true }

    func process(_ groups: inout [[EncodedToken]], addSpecialTokens: Bool) {
        guard addSpecialTokens else { return }
        groups = [[.special(first)]] + groups + [[.special(last)]]
    }
}
