/// A token on its way into an encoding.
struct EncodedToken: Sendable {
    var id: Int32
    var span: Span
    /// How many scalars of white space the token begins and ends with, for processors that trim them off its span.
    var leadingSpaces: UInt16 = 0
    var trailingSpaces: UInt16 = 0

    /// A token that stands for nothing in the text.
    static func special(_ id: Int) -> EncodedToken { EncodedToken(id: Int32(id), span: Span(start: 0, end: 0)) }
}
