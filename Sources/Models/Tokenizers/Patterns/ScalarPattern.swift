/// A regular expression over Unicode scalars, with the meaning it has in the reference implementation of tokenizers.
///
/// General engines differ from that one (Oniguruma) in Unicode classes and in case folding, and work on UTF-16 or on
/// grapheme clusters. The patterns of tokenizers need little: classes, greedy and possessive runs, alternatives in
/// order, lookahead. This is a backtracking matcher for them in which a run of a class costs one step a scalar.
struct ScalarPattern: Sendable {
    private let instructions: [PatternInstruction]
    private let sets: [ScalarSet]
    private let basicPlanes: [UInt64]
    /// Where the alternatives that can begin with each ASCII scalar start; the last entry is for all other scalars.
    private let starts: [[Int]]

    /// Compiles a pattern; throws a ``PatternError`` naming what is not supported.
    init(_ pattern: String) throws {
        let node = try PatternParser.parse(pattern)
        var alternatives = [node]
        if case .alternatives(let nodes) = node { alternatives = nodes }
        var compiler = PatternCompiler()
        let positions = try alternatives.map { try compiler.compile(alternative: $0) }
        instructions = compiler.instructions
        sets = compiler.sets
        basicPlanes = sets.flatMap(\.basicPlane)
        starts = (0...128).map { scalar in
            zip(alternatives, positions).filter { alternative, _ in
                scalar == 128 || alternative.canBeEmpty || alternative.canBegin(with: UInt32(scalar))
            }.map(\.1)
        }
    }

    /// A pattern that matches just this text.
    init(literal text: String) throws {
        try self.init(text.unicodeScalars.map { "\\x{\(String($0.value, radix: 16))}" }.joined())
    }

    /// Appends the ranges of the matches in `text`, leftmost first and apart.
    func appendMatches(in text: UnsafeBufferPointer<UInt32>, to matches: inout [Range<Int>]) {
        var matcher = PatternMatcher(instructions: instructions, sets: sets, basicPlanes: basicPlanes, text: text)
        var position = 0
        var lastEnd = -1
        while position <= text.count {
            guard let end = matchEnd(at: position, &matcher) else {
                position += 1
                continue
            }
            if end > position || end != lastEnd {
                matches.append(position..<end)
                lastEnd = end
            }
            position = max(end, position + (end == position ? 1 : 0))
        }
    }

    private func matchEnd(at position: Int, _ matcher: inout PatternMatcher) -> Int? {
        let first = position < matcher.text.count ? Int(min(matcher.text[position], 128)) : 128
        for start in starts[first] {
            if let end = matcher.match(from: start, at: position) { return end }
        }
        return nil
    }
}
