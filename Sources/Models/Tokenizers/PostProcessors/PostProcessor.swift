/// A step that adds special tokens around the text's, or corrects their spans.
protocol PostProcessor: Sendable {
    /// Reads the step from its section of the file.
    init(_ section: TokenizerSection) throws

    /// Whether it needs to know how much white space tokens begin and end with.
    var trimsOffsets: Bool { get }

    /// Whether it adds tokens.
    var addsTokens: Bool { get }

    /// Processes the tokens, in groups: those of the text, and special ones before and after it.
    func process(_ groups: inout [[EncodedToken]], addSpecialTokens: Bool)
}
