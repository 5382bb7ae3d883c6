/// Several decoders, one after the other.
struct DecoderSequence: TokenDecoder {
    private let decoders: [any TokenDecoder]

    init(_ section: TokenizerSection) throws {
        decoders = try section.sections("decoders").map(TokenDecoders.make)
    }

    func decode(_ tokens: [[UInt32]]) -> [[UInt32]] {
        decoders.reduce(tokens) { $1.decode($0) }
    }
}
