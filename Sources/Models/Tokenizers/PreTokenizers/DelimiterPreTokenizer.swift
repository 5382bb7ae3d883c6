/// Cuts at one character, which is dropped.
struct DelimiterPreTokenizer: PreTokenizer {
    private let delimiter: UInt32

    init(_ section: TokenizerSection) throws { delimiter = try section.scalar("delimiter") }

    func preTokenize(_ text: inout PreTokenizedText) { text.split(.removed) { $0 == delimiter } }
}
