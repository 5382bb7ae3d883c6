/// Turns rows of a dataset into what a model takes.
public protocol RowEncoder: Sendable {
    /// The most tokens that the model itself takes of a row; nil where only memory limits them.
    var lengthLimit: Int? { get }
    /// The tokens and labels of a row.
    ///
    /// - Throws: what is wrong with the row, or what the tokenizer throws.
    func encode(_ conversation: Conversation) throws -> EncodedExample
}

extension ExampleEncoder: RowEncoder {
    /// Rotary positions have no end.
    public var lengthLimit: Int? { nil }
}
