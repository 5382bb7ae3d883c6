/// A text as token ids.
public struct Encoding: Sendable, Equatable {
    /// The ids of the tokens.
    public var ids: [Int]
    /// For each token, its range in the original text, in Unicode scalars; `0..<0` for special tokens that were added
    /// around the text.
    public var offsets: [Range<Int>]

    /// Creates an encoding; `offsets` has one range for each of `ids`.
    public init(ids: [Int], offsets: [Range<Int>]) {
        self.ids = ids
        self.offsets = offsets
    }
}
