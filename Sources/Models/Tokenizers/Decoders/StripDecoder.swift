/// Removes up to so many of one character from the ends of each token.
struct StripDecoder: TokenDecoder {
    private let content: UInt32
    private let atStart: Int
    private let atEnd: Int

    init(_ section: TokenizerSection) throws {
        content = try section.scalar("content")
        atStart = try section.index("start")
        atEnd = try section.index("stop")
    }

    func decode(_ tokens: [[UInt32]]) -> [[UInt32]] {
        tokens.map { token in
            let start = token.prefix(atStart).prefix { $0 == content }.count
            let end = token.suffix(atEnd).reversed().prefix { $0 == content }.count
            return Array(token.dropFirst(start).dropLast(min(end, token.count - start)))
        }
    }
}
