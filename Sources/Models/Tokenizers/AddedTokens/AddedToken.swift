/// A token found in the text before the model sees it.
struct AddedToken: Sendable, Equatable {
    let content: String
    let isSingleWord: Bool
    let stripsLeft: Bool
    let stripsRight: Bool
    let isNormalized: Bool
    let isSpecial: Bool

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
