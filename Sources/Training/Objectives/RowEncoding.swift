/// The encoder from examples to a model's input, with its notices.
public struct RowEncoding: Sendable {
    /// A chat template and its encoder.
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
    /// Notices about the format of examples and doubts about it, one line each, to be shown once.
    public let notices: [String]
}
