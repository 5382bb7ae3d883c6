/// A generated text, and why it ends.
public struct GeneratedText: Sendable, Equatable {
    /// Why a text ends.
    public enum Ending: String, Sendable {
        /// The model wrote an end token.
        case endToken = "end_token"
        /// A stop string came.
        case stopString = "stop_string"
        /// The maximum number of tokens was reached.
        case length
    }

    /// The tokens, an end token included.
    public var tokens: [Int32] = []
    /// The text of the tokens, without special tokens and stop strings.
    public var text = ""
    /// Why it ends.
    public var ending = Ending.length
}
