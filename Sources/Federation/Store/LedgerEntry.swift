public import Foundation

/// A row that is never changed or deleted, such as what a round spent of the privacy budget.
public struct LedgerEntry: Sendable, Equatable {
    /// What kind of entry it is.
    public var kind: String
    /// When it was made.
    public var time: Date
    /// What it says, a JSON object.
    public var entry: String

    /// Creates an entry.
    public init(kind: String, time: Date, entry: String) {
        self.kind = kind
        self.time = time
        self.entry = entry
    }
}
