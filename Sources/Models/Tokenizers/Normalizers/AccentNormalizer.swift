/// Removes combining marks (`StripAccents`); it usually follows a decomposition.
struct AccentNormalizer: Normalizer {
    init(_ section: TokenizerSection) throws {}

    func normalize(_ text: inout AlignedText) {
        text.filter { !Self.isMark($0) }
    }

    private static func isMark(_ scalar: UInt32) -> Bool {
        guard scalar >= 0x300, let properties = Unicode.Scalar(scalar)?.properties else { return false }
        guard Decomposition.isKnown(properties) else { return false }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return true
        // Two Vedic signs were marks in the Unicode of the reference and are letters now.
        default: return (0x1CF2...0x1CF3).contains(scalar)
        }
    }
}
