/// Cuts at punctuation.
struct PunctuationPreTokenizer: PreTokenizer {
    private static let categories = ScalarCategory.mask("P") ?? 0

    private let behavior: SplitBehavior

    init(_ section: TokenizerSection) throws {
        behavior = section.value["behavior"] == nil ? .isolated : try SplitBehavior(section)
    }

    func preTokenize(_ text: inout PreTokenizedText) { text.split(behavior, where: Self.isPunctuation) }

    /// Whether a scalar is punctuation; in ASCII, symbols count too.
    static func isPunctuation(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: ScalarCategory.bit(scalar) & categories != 0
        }
    }
}
