/// Turns visible scalars back into the bytes they stand for; what is not UTF-8 then becomes U+FFFD.
struct ByteLevelDecoder: TokenDecoder {
    init(_ section: TokenizerSection) throws {}

    func decode(_ tokens: [[UInt32]]) -> [[UInt32]] {
        var bytes: [UInt8] = []
        for token in tokens {
            let decoded = token.compactMap(ByteAlphabet.byte)
            bytes += decoded.count == token.count ? decoded : UTF8Bytes.bytes(token)
        }
        return [UTF8Bytes.scalars(bytes)]
    }
}
