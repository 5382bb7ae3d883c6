/// Turns examples of a dataset into model input.
public protocol RowEncoder: Sendable {
    /// The most tokens that the model itself takes of an example; `nil` if only memory limits them.
    var lengthLimit: Int? { get }
    /// The tokens and labels of an example.
    ///
    /// - Throws: what is wrong with the example, or what the tokenizer throws.
    func encode(_ conversation: Conversation) throws -> EncodedExample
    /// The example cut to some tokens, as the family's own training cuts it; `nil` if that would change what is
    /// learned.
    ///
    /// - Parameter limit: the most tokens, at least two; the example has more.
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
