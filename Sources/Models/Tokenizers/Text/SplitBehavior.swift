/// What becomes of the delimiters a text is split at.
enum SplitBehavior: String, Sendable, CaseIterable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"

    /// The behaviour a section of a tokenizer file asks for.
    init(_ section: TokenizerSection) throws {
        let name = try section.string("behavior")
        guard let behavior = SplitBehavior(rawValue: name) else {
            throw section.unsupported(
                "behavior '\(name)'; known: \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = behavior
    }

    /// The pieces that matches and the stretches between them, which cover the text in order, leave.
    func pieces(_ matches: [SplitMatch]) -> [Range<Int>] {
        switch self {
        case .isolated: matches.map(\.range)
        case .removed: matches.filter { !$0.isDelimiter }.map(\.range)
        case .contiguous: merge(matches) { current, previous in current == previous }
        case .mergedWithPrevious: merge(matches) { current, previous in current && !previous }
        case .mergedWithNext: merge(matches.reversed()) { current, previous in current && !previous }.reversed()
        }
    }

    /// Walks over matches, joining each that `joins` accepts to the piece before it.
    private func merge(_ matches: [SplitMatch], _ joins: (Bool, Bool) -> Bool) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var previous = false
        for match in matches {
            if joins(match.isDelimiter, previous), let last = pieces.last {
                let (low, high) = (last.lowerBound, last.upperBound)
                pieces[pieces.count - 1] = min(low, match.range.lowerBound)..<max(high, match.range.upperBound)
            } else {
                pieces.append(match.range)
            }
            previous = match.isDelimiter
        }
        return pieces
    }
}
