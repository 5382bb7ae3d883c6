/// The pre-tokenisers lorad knows, by the `type` tokenizer files give them.
enum PreTokenizers {
    static let types: [String: any PreTokenizer.Type] = [
        "BertPreTokenizer": BertPreTokenizer.self,
        "ByteLevel": ByteLevelPreTokenizer.self,
        "CharDelimiterSplit": DelimiterPreTokenizer.self,
        "Digits": DigitsPreTokenizer.self,
        "Metaspace": MetaspacePreTokenizer.self,
        "Punctuation": PunctuationPreTokenizer.self,
        "Sequence": PreTokenizerSequence.self,
        "Split": SplitPreTokenizer.self,
        "Whitespace": WhitespacePreTokenizer.self,
        "WhitespaceSplit": WhitespaceSplitPreTokenizer.self,
    ]

    /// The pre-tokeniser a section describes.
    static func make(_ section: TokenizerSection) throws -> any PreTokenizer {
        let type = try section.type()
        guard let preTokenizer = types[type] else { throw section.unsupportedType(type, known: types.keys) }
        return try preTokenizer.init(section)
    }
}
