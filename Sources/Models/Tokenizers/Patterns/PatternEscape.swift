/// What an escape, or a part of a character class, stands for.
enum PatternEscape {
    case literal(UInt32)
    case `class`([ScalarSet.Member])
}
