/// A step that rewrites text before it is cut into words.
protocol Normalizer: Sendable {
    /// Reads the step from its section of the file.
    init(_ section: TokenizerSection) throws

    /// Rewrites the text and keeps its alignment.
    func normalize(_ text: inout AlignedText)
}
