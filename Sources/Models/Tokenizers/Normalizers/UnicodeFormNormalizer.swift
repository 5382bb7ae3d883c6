/// A normalisation form of Unicode (UAX 15): NFC, NFD, NFKC or NFKD.
struct UnicodeFormNormalizer: Normalizer {
    private let composes: Bool
    private let isCompatible: Bool

    init(_ section: TokenizerSection) throws {
        let type = try section.type()
        composes = type.hasSuffix("C")
        isCompatible = type.contains("K")
    }

    func normalize(_ text: inout AlignedText) {
        let firstAffected: UInt32 = isCompatible ? 0xA0 : composes ? 0x300 : 0xC0
        guard text.scalars.contains(where: { $0 >= firstAffected }) else { return }
        if composes, !isCompatible, !text.scalars.contains(where: Composition.mayChange) { return }
        let decomposed = Decomposition.changes(text.scalars, isCompatible ? .compatible : .canonical)
        text.transform(composes ? Composition.changes(decomposed) : decomposed)
    }
}
