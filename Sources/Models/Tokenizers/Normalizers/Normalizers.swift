/// The normalisers lorad knows, by the `type` tokenizer files give them.
enum Normalizers {
    static let types: [String: any Normalizer.Type] = [
        "ByteLevel": ByteLevelNormalizer.self,
        "Lowercase": LowercaseNormalizer.self,
        "NFC": UnicodeFormNormalizer.self,
        "NFD": UnicodeFormNormalizer.self,
        "NFKC": UnicodeFormNormalizer.self,
        "NFKD": UnicodeFormNormalizer.self,
        "Prepend": PrependNormalizer.self,
        "Replace": ReplaceNormalizer.self,
        "Sequence": NormalizerSequence.self,
        "Strip": StripNormalizer.self,
        "StripAccents": AccentNormalizer.self,
    ]

    /// The normaliser a section describes.
    static func make(_ section: TokenizerSection) throws -> any Normalizer {
        let type = try section.type()
        guard let normalizer = types[type] else { throw section.unsupportedType(type, known: types.keys) }
        return try normalizer.init(section)
    }
}
