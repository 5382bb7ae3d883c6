/// A change to the scores of the next token, before one is chosen.
protocol LogitsProcessor: Sendable {
    /// Changes the scores, one a word, finite or -∞; a token whose score is -∞ is never chosen.
    ///
    /// - Parameter tokens: prompt and text so far.
    func apply(to scores: inout [Float], after tokens: [Int32])
}
