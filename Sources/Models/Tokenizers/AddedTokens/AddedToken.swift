/// A token found in the text before the model sees it.
public struct AddedToken: Sendable, Equatable {
    /// Its text.
    public let content: String
    /// Whether it matches only if no letter or digit is next to it.
    public let isSingleWord: Bool
    /// Whether it absorbs white space before it.
    public let stripsLeft: Bool
    /// Whether it absorbs white space after it.
    public let stripsRight: Bool
    /// Whether it is looked for in the normalised text.
    public let isNormalized: Bool
    /// Whether decoding may skip it.
    public let isSpecial: Bool

    /// A token with transformers' defaults: one that is not special is looked for in the normalised text.
    public init(
        content: String, isSingleWord: Bool = false, stripsLeft: Bool = false, stripsRight: Bool = false,
        isNormalized: Bool? = nil, isSpecial: Bool = false
    ) {
        self.content = content
        self.isSingleWord = isSingleWord
        self.stripsLeft = stripsLeft
        self.stripsRight = stripsRight
        self.isNormalized = isNormalized ?? !isSpecial
        self.isSpecial = isSpecial
    }

    /// Reads one entry of `added_tokens`.
    init(_ section: TokenizerSection) throws {
        content = try section.string("content")
        isSingleWord = try section.bool("single_word")
        stripsLeft = try section.bool("lstrip")
        stripsRight = try section.bool("rstrip")
        isNormalized = try section.bool("normalized")
        isSpecial = try section.bool("special")
    }

    /// Reads a token of `tokenizer_config.json`, where flags may be left out.
    ///
    /// - Parameter isSpecial: Whether it is special whatever it says itself.
    init(configured section: TokenizerSection, isSpecial special: Bool = false) throws {
        content = try section.string("content")
        isSingleWord = try section.bool("single_word", default: false)
        stripsLeft = try section.bool("lstrip", default: false)
        stripsRight = try section.bool("rstrip", default: false)
        let says = try section.bool("special", default: false)
        isSpecial = special || says
        isNormalized = try section.bool("normalized", default: !(special || says))
    }

    /// A special token that is named by its content alone.
    init(special content: String) {
        self.content = content
        (isSingleWord, stripsLeft, stripsRight, isNormalized, isSpecial) = (false, false, false, false, true)
    }
}
