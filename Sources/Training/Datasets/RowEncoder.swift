/// Turns rows of a dataset into what a model takes.
public protocol RowEncoder: Sendable {
    /// The most tokens that the model itself takes of a row; nil where only memory limits them.
    var lengthLimit: Int? { get }
    /// The tokens and labels of a row.
    ///
    /// - Throws: what is wrong with the row, or what the tokenizer throws.
    func encode(_ conversation: Conversation) throws -> EncodedExample
    /// The row cut to some tokens, as the family's own training cuts it; nil where that would change what is learned.
    ///
    /// - Parameter limit: the most tokens, at least two; the row has more.
    func shortened(_ example: EncodedExample, to limit: Int) -> EncodedExample?
}

extension RowEncoder {
    /// Nil.
    public func shortened(_ example: EncodedExample, to limit: Int) -> EncodedExample? { nil }
}

extension ExampleEncoder: RowEncoder {
    /// Rotary positions have no end.
    public var lengthLimit: Int? { nil }
}
