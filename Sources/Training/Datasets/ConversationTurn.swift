/// What one side of a conversation says at once.
public struct ConversationTurn: Equatable, Sendable {
    /// The speaker.
    public enum Role: String, Sendable {
        case system
        case user
        case assistant
        /// A tool that the assistant called.
        case tool
        /// A tool, as OpenAI's older examples call it.
        case function
        /// A tool, as Llama 3.1 calls it.
        case ipython

        /// The role behind a tag of LLaVA's, ShareGPT's or OpenAI's format, or `nil` if the tag is unknown.
        public init?(tag: String) {
            switch tag {
            case "system": self = .system
            case "human", "user": self = .user
            case "gpt", "assistant", "model": self = .assistant
            case "tool", "observation": self = .tool
            case "function": self = .function
            case "ipython": self = .ipython
            default: return nil
            }
        }

        /// Whether the speaker is a tool.
        public var isTool: Bool { self == .tool || self == .function || self == .ipython }
    }

    /// The speaker.
    public let role: Role
    /// What is said.
    public let text: String
    /// Whether an answer is learned. One that is not is context only, as with `weight: 0` in OpenAI's format.
    public let isLearned: Bool
    /// The tools that an answer calls, in order.
    public let calls: [ToolCall]

    /// Creates a turn.
    public init(_ role: Role, _ text: String, isLearned: Bool = true, calls: [ToolCall] = []) {
        self.role = role
        self.text = text
        self.isLearned = isLearned
        self.calls = calls
    }

    /// The same turn with another text.
    func saying(_ text: String) -> ConversationTurn {
        ConversationTurn(role, text, isLearned: isLearned, calls: calls)
    }
}
