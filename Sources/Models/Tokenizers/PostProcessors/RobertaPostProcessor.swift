/// Trims spans as byte-level tokenizers do, and puts a class token before the text and a separator after it.
struct RobertaPostProcessor: PostProcessor {
    private let trimming: ByteLevelPostProcessor
    private let surrounding: BertPostProcessor

    init(_ section: TokenizerSection) throws {
        trimming = try ByteLevelPostProcessor(section)
        surrounding = try BertPostProcessor(section)
    }

    var trimsOffsets: Bool { trimming.trimsOffsets }

    var addsTokens: Bool { true }

    func process(_ groups: inout [[EncodedToken]], addSpecialTokens: Bool) {
        trimming.process(&groups, addSpecialTokens: addSpecialTokens)
        surrounding.process(&groups, addSpecialTokens: addSpecialTokens)
    }
}
