public import Models

/// Turns text into tokens: the part of a tokenizer that encoding examples needs.
public protocol TextEncoder: Sendable {
    /// The tokens of a text, with the special tokens that the tokenizer puts around every text.
    ///
    /// - Returns: The tokens, and for each the Unicode scalars of the text that it stands for (empty for tokens that
    ///   were added).
    func encode(_ text: String) throws -> (ids: [Int], offsets: [Range<Int>])
}

extension Tokenizer: TextEncoder {
    /// The tokens of a text, with the special tokens that the model was trained with around it.
    public func encode(_ text: String) -> (ids: [Int], offsets: [Range<Int>]) {
        let encoding = encode(text, addSpecialTokens: true)
        return (encoding.ids, encoding.offsets)
    }
}
