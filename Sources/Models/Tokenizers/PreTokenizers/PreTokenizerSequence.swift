/// Several pre-tokenisers, one after the other.
struct PreTokenizerSequence: PreTokenizer {
    private let preTokenizers: [any PreTokenizer]

    init(_ section: TokenizerSection) throws {
        preTokenizers = try section.sections("pretokenizers").map(PreTokenizers.make)
    }

    func preTokenize(_ text: inout PreTokenizedText) {
        for preTokenizer in preTokenizers { preTokenizer.preTokenize(&text) }
    }
}
