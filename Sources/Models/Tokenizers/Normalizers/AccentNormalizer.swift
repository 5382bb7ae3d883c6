/// Removes combining marks (`StripAccents`); it usually follows a decomposition.
struct AccentNormalizer: Normalizer {
    private static let marks = ScalarCategory.mask("M") ?? 0

    init(_ section: TokenizerSection) throws {}

    func normalize(_ text: inout AlignedText) {
        text.filter { $0 < 0x300 || ScalarCategory.bit($0) & Self.marks == 0 }
    }
}
