/// Several normalisers, one after the other.
struct NormalizerSequence: Normalizer {
    private let normalizers: [any Normalizer]

    init(_ section: TokenizerSection) throws {
        normalizers = try section.sections("normalizers").map(Normalizers.make)
    }

    func normalize(_ text: inout AlignedText) {
        for normalizer in normalizers { normalizer.normalize(&text) }
    }
}
