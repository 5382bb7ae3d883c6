/// A piece of a text on its way to the model: a word to tokenise, or an added token that was found.
struct TextPiece: Sendable {
    /// The scalars of the current text.
    var range: Range<Int>
    /// The id of the added token this piece is, if it is one.
    var addedToken: Int32?
}
