/// A step that cuts text into the pieces the model sees.
protocol PreTokenizer: Sendable {
    /// Reads the step from its section of the file.
    init(_ section: TokenizerSection) throws

    /// Cuts and rewrites the pieces of plain text.
    func preTokenize(_ text: inout PreTokenizedText)
}
