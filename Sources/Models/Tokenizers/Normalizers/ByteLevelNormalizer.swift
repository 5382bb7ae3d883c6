/// Replaces each byte of the UTF-8 by its visible scalar.
struct ByteLevelNormalizer: Normalizer {
    init(_ section: TokenizerSection) throws {}

    func normalize(_ text: inout AlignedText) {
        var changes: [AlignedText.Change] = []
        var visible: [UInt32] = []
        for scalar in text.scalars {
            visible.removeAll(keepingCapacity: true)
            ByteAlphabet.append(scalar, to: &visible)
            for (index, byte) in visible.enumerated() { changes.append((byte, index == 0 ? 0 : 1)) }
        }
        text.transform(changes)
    }
}
