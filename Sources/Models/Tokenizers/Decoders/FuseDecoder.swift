/// Puts all tokens together into one.
struct FuseDecoder: TokenDecoder {
    init(_ section: TokenizerSection) throws {}

    func decode(_ tokens: [[UInt32]]) -> [[UInt32]] { [tokens.flatMap { $0 }] }
}
