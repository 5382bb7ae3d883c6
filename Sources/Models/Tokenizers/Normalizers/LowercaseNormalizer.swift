/// Lowercases each scalar by itself, without regard to its neighbours or to a language.
struct LowercaseNormalizer: Normalizer {
    init(_ section: TokenizerSection) throws {}

    func normalize(_ text: inout AlignedText) {
        text.transform(text.scalars.flatMap(Self.changes))
    }

    private static func changes(_ scalar: UInt32) -> [AlignedText.Change] {
        if scalar < 0x80 { return [((0x41...0x5A).contains(scalar) ? scalar + 0x20 : scalar, 0)] }
        guard let properties = Unicode.Scalar(scalar)?.properties else { return [(scalar, 0)] }
        return properties.lowercaseMapping.unicodeScalars.enumerated().map { ($1.value, $0 == 0 ? 0 : 1) }
    }
}
