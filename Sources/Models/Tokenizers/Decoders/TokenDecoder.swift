/// A step from tokens back to text.
protocol TokenDecoder: Sendable {
    /// Reads the step from its section of the file.
    init(_ section: TokenizerSection) throws

    /// Rewrites the scalars of tokens; the text is what is left, put together.
    func decode(_ tokens: [[UInt32]]) -> [[UInt32]]
}
