/// What turns the examples of a dataset into a model's input, and what a user should know about it.
public struct RowEncoding: Sendable {
    /// A chat template, and what encodes conversations with it.
    public struct Dialogue: Sendable {
        /// The template.
        public let template: ConversationTemplate
        /// The encoder.
        public let encoder: ExampleEncoder
    }

    /// The encoder of examples.
    public let encoder: any RowEncoder
    /// How conversations are written; `nil` if the model continues no texts.
    public let dialogue: Dialogue?
    /// How examples are written, and what is doubtful about it: a line each, to be said once.
    public let notices: [String]
}
