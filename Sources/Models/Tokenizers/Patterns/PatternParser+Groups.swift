extension PatternParser {
    /// Parses what follows an opening parenthesis, up to its closing one.
    mutating func parseGroup() throws -> PatternNode {
        let outerCase = ignoresCase
        defer { ignoresCase = outerCase }
        if skip("?=") { return .lookahead(try parseBody(), negative: false) }
        if skip("?!") { return .lookahead(try parseBody(), negative: true) }
        if skip("?>") { return .atomic(try parseBody()) }
        if skip("?:") { return try parseBody() }
        if skip("?i:") {
            ignoresCase = true
            return try parseBody()
        }
        if skip("?-i:") {
            ignoresCase = false
            return try parseBody()
        }
        if skip("?i)") { return try parseRest() }
        if peek() == "?" { throw unsupported("a group that begins '(?\(peek(1).map(String.init) ?? "")'") }
        return try parseBody()
    }

    private mutating func parseBody() throws -> PatternNode {
        let body = try parseAlternatives()
        guard skip(")") else { throw unsupported("an unclosed '('") }
        return body
    }

    /// What follows `(?i)`, to the end of the group around it.
    private mutating func parseRest() throws -> PatternNode {
        ignoresCase = true
        return try parseAlternatives()
    }

    /// Parses the quantifiers after an atom.
    mutating func parseRepetitions(of atom: PatternNode) throws -> PatternNode {
        var node = atom
        var count = 0
        while let repeated = try parseRepetition(of: node) {
            node = repeated
            count += 1
            guard count <= 4 else { throw unsupported("this many quantifiers in a row") }
        }
        return node
    }

    private mutating func parseRepetition(of node: PatternNode) throws -> PatternNode? {
        if skip("*") { return .repetition(node, minimum: 0, maximum: nil, greed: parseGreed()) }
        if skip("+") { return .repetition(node, minimum: 1, maximum: nil, greed: parseGreed()) }
        if skip("?") { return .repetition(node, minimum: 0, maximum: 1, greed: parseGreed()) }
        guard peek() == "{" else { return nil }
        return try parseInterval(of: node)
    }

    private mutating func parseGreed() -> PatternNode.Greed {
        if skip("?") { return .lazy }
        return skip("+") ? .possessive : .greedy
    }

    /// `{n}`, `{n,}`, `{,m}` or `{n,m}`. A `+` after it repeats it once more: it is not possessive in this dialect.
    private mutating func parseInterval(of node: PatternNode) throws -> PatternNode {
        _ = try next()
        let bounds = try text(upTo: "}").split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        let minimum = bounds.first.flatMap { $0 }
        let maximum = bounds.count == 1 ? minimum : bounds.last.flatMap { $0 }
        guard (1...2).contains(bounds.count), minimum != nil || maximum != nil, minimum ?? 0 <= maximum ?? .max,
            max(minimum ?? 0, maximum ?? 0) <= 1000, bounds.count == 2 || peek() != "?"
        else { throw unsupported("this '{…}'") }
        let greed: PatternNode.Greed = skip("?") ? .lazy : .greedy
        return .repetition(node, minimum: minimum ?? 0, maximum: maximum, greed: greed)
    }
}
