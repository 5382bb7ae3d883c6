public import Foundation

/// Something that went wrong in a run, or nearly, as people are told of it.
public struct IncidentRecord: Sendable, Equatable {
    /// What kind of thing it is, such as `silent`.
    public var kind: String
    /// When it happened.
    public var time: Date
    /// What happened, in a sentence. It may quote workers.
    public var text: String

    /// Creates a record.
    public init(kind: String, time: Date, text: String) {
        self.kind = kind
        self.time = time
        self.text = text
    }
}
