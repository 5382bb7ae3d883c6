/// Writes a space for each word mark, and nothing for those of the first token where one is put before the text.
struct MetaspaceDecoder: TokenDecoder {
    private let mark: UInt32
    private let scheme: PrependScheme

    init(_ section: TokenizerSection) throws {
        mark = try section.scalar("replacement")
        scheme = try PrependScheme(section)
    }

    func decode(_ tokens: [[UInt32]]) -> [[UInt32]] {
        tokens.enumerated().map { index, token in
            index == 0 && scheme != .never ? token.filter { $0 != mark } : token.map { $0 == mark ? 0x20 : $0 }
        }
    }
}
