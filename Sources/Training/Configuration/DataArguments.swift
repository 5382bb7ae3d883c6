/// Which rows a run trains on and how they become tokens.
public struct DataArguments: Equatable, Sendable {
    /// What happens to a row of more than `maxLength` tokens; none is ever cut silently.
    public enum LongRows: String, CaseIterable, Sendable {
        case error
        case drop
    }

    /// The file of conversations to train on.
    public var train = ""
    /// The folder that the rows' picture paths are relative to.
    public var images = "."
    /// The file of conversations to evaluate on.
    public var validation: String?
    /// The most tokens that a row may have, image tokens included.
    public var maxLength = 2048
    /// What happens to longer rows.
    public var onLong = LongRows.error
    /// The conversation template's name, or `auto`.
    public var template = ConversationTemplates.automatic
    /// Whether rows are taken in a new random order each epoch, by `TrainingArguments.seed`.
    public var shuffle = true

    /// No file yet, the default limits.
    public init() {}
}
