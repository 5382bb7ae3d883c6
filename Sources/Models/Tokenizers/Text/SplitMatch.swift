/// A stretch of a text that is a delimiter, or lies between two.
struct SplitMatch: Sendable, Equatable {
    var range: Range<Int>
    var isDelimiter: Bool

    /// The delimiters and the stretches between them that cover a text of `count` scalars.
    static func covering(_ count: Int, delimiters: [Range<Int>]) -> [SplitMatch] {
        var matches: [SplitMatch] = []
        matches.reserveCapacity(delimiters.count + 1)
        var position = 0
        for range in delimiters {
            if position != range.lowerBound {
                matches.append(SplitMatch(range: position..<range.lowerBound, isDelimiter: false))
            }
            matches.append(SplitMatch(range: range, isDelimiter: true))
            position = range.upperBound
        }
        if position != count { matches.append(SplitMatch(range: position..<count, isDelimiter: false)) }
        return matches
    }
}
