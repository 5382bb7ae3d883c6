/// The decoders lorad knows, by the `type` tokenizer files give them.
enum TokenDecoders {
    static let types: [String: any TokenDecoder.Type] = [
        "BPEDecoder": SuffixDecoder.self,
        "ByteFallback": ByteFallbackDecoder.self,
        "ByteLevel": ByteLevelDecoder.self,
        "Fuse": FuseDecoder.self,
        "Metaspace": MetaspaceDecoder.self,
        "Replace": ReplaceDecoder.self,
        "Sequence": DecoderSequence.self,
        "Strip": StripDecoder.self,
    ]

    /// The decoder a section describes.
    static func make(_ section: TokenizerSection) throws -> any TokenDecoder {
        let type = try section.type()
        guard let decoder = types[type] else { throw section.unsupportedType(type, known: types.keys) }
        return try decoder.init(section)
    }
}
