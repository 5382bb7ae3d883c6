/// Puts a text, usually a word mark, before any text that is not empty.
struct PrependNormalizer: Normalizer {
    private let prefix: [UInt32]

    init(_ section: TokenizerSection) throws {
        prefix = try section.string("prepend").unicodeScalars.map(\.value)
    }

    func normalize(_ text: inout AlignedText) { text.prepend(prefix) }
}
