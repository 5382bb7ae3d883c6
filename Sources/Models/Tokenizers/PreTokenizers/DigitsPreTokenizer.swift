/// Cuts numbers off, as a whole or digit by digit.
struct DigitsPreTokenizer: PreTokenizer {
    private static let numbers = ScalarCategory.mask("N") ?? 0

    private let behavior: SplitBehavior

    init(_ section: TokenizerSection) throws {
        behavior = try section.bool("individual_digits") ? .isolated : .contiguous
    }

    func preTokenize(_ text: inout PreTokenizedText) {
        text.split(behavior) { ScalarCategory.bit($0) & Self.numbers != 0 }
    }
}
