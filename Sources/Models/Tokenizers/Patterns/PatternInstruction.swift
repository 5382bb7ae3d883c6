/// One step of a compiled pattern.
enum PatternInstruction: Sendable, Equatable {
    /// Takes one scalar of the set with this index.
    case set(Int)
    /// Takes at least `minimum` and at most `maximum` scalars of a set, greedily; backtracks one by one unless it is
    /// possessive.
    case run(set: Int, minimum: Int, maximum: Int, possessive: Bool)
    /// Goes on at `first`, and if that fails at `second`.
    case branch(first: Int, second: Int)
    case jump(Int)
    /// Continues at `end` if what follows, up to an `accept`, matches here (or does not, if negative).
    case lookahead(negative: Bool, end: Int)
    /// Matches what follows, up to an `accept`, without trying again differently, and continues at `end`.
    case atomic(end: Int)
    case lineStart
    case lineEnd
    case textStart
    case textEnd
    case accept
}
