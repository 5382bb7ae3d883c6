/// Turns text into tokens: what examples need of a tokenizer.
public protocol TextEncoder: Sendable {
    /// The tokens of a text, with the special tokens that the tokenizer puts around every text.
    ///
    /// - Returns: The tokens, and for each the Unicode scalars of the text that it stands for (empty for tokens that
    ///   were added).
    func encode(_ text: String) throws -> (ids: [Int], offsets: [Range<Int>])
}
