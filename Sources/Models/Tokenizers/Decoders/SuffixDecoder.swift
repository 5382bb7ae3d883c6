/// Writes a space for the suffix that ends words (`BPEDecoder`), and nothing for the last token's.
struct SuffixDecoder: TokenDecoder {
    private let suffix: [UInt32]

    init(_ section: TokenizerSection) throws {
        suffix = try section.string("suffix").unicodeScalars.map(\.value)
    }

    func decode(_ tokens: [[UInt32]]) -> [[UInt32]] {
        tokens.enumerated().map { index, token in
            token.split(separator: suffix, omittingEmptySubsequences: false)
                .joined(separator: index == tokens.count - 1 ? [] : [0x20]).map { $0 }
        }
    }
}
