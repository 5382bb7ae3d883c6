/// What a model's vocabulary gains: tokens, and rows of its embeddings for them.
public struct VocabularyAdditions: Sendable, Equatable {
    /// Tokens in the order in which they get their ids.
    public var tokens: [AddedToken]
    /// Rows that the embeddings have at least; 0 asks for none beyond those of the tokens.
    public var rows: Int

    /// Whether nothing is added.
    public var isEmpty: Bool { tokens.isEmpty && rows == 0 }

    /// The additions, none unless given.
    public init(tokens: [AddedToken] = [], rows: Int = 0) {
        (self.tokens, self.rows) = (tokens, rows)
    }
}
