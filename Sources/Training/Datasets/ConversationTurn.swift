/// What one side of a conversation says at once.
public struct ConversationTurn: Equatable, Sendable {
    /// Who speaks.
    public enum Role: String, Sendable {
        case system
        case user
        case assistant

        /// The role behind a tag of LLaVA's, ShareGPT's or OpenAI's format, or nil where the tag is unknown.
        public init?(tag: String) {
            switch tag {
            case "system": self = .system
            case "human", "user": self = .user
            case "gpt", "assistant", "model": self = .assistant
            default: return nil
            }
        }
    }

    /// Who speaks.
    public let role: Role
    /// What is said.
    public let text: String

    /// Creates a turn.
    public init(_ role: Role, _ text: String) {
        self.role = role
        self.text = text
    }
}
