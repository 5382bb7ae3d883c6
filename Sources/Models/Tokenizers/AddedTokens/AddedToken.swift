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
}
