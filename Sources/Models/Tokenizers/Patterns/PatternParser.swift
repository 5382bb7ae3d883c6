/// Parses the regular expressions of tokenizer files: Oniguruma's Ruby dialect, as far as tokenizers use it.
///
/// Whatever it does not know (back references, lookbehind, scripts, POSIX brackets, intersections) it refuses, so a
/// pattern either means exactly what it means there or is an error.
struct PatternParser {
    static let maximumDepth = 64

    private let pattern: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    var ignoresCase = false

    private init(_ pattern: String) { self.pattern = Array(pattern.unicodeScalars) }

    /// Parses a whole pattern; throws a ``PatternError``.
    static func parse(_ pattern: String) throws -> PatternNode {
        var parser = PatternParser(pattern)
        let node = try parser.parseAlternatives()
        guard parser.position == parser.pattern.count else { throw parser.unsupported("an unmatched ')'") }
        return node
    }

    mutating func parseAlternatives() throws -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw unsupported("groups this deep") }
        var alternatives = [try parseSequence()]
        while skip("|") { alternatives.append(try parseSequence()) }
        return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
    }

    private mutating func parseSequence() throws -> PatternNode {
        var nodes: [PatternNode] = []
        while let next = peek(), next != "|", next != ")" {
            nodes.append(try parseRepetitions(of: try parseAtom()))
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func parseAtom() throws -> PatternNode {
        switch try next() {
        case "(": return try parseGroup()
        case "[": return .set(ScalarSet(try parseClass()))
        case "\\": return try parseEscapedAtom()
        case ".": return .set(ScalarSet([.complement([.range(0x0A...0x0A)])]))
        case "^": return .assertion(.lineStart)
        case "$": return .assertion(.lineEnd)
        case "*", "+", "?": throw unsupported("a quantifier with nothing before it")
        case let scalar: return .set(ScalarSet(caseVariants(of: scalar.value)))
        }
    }

    private mutating func parseEscapedAtom() throws -> PatternNode {
        if skip("A") { return .assertion(.textStart) }
        if skip("z") { return .assertion(.textEnd) }
        return switch try parseEscape() {
        case .literal(let scalar): .set(ScalarSet(caseVariants(of: scalar)))
        case .class(let members): .set(ScalarSet(members))
        }
    }

    /// The scalars that one scalar stands for: itself, and where case is ignored those that fold to the same.
    func caseVariants(of scalar: UInt32) -> [ScalarSet.Member] {
        guard ignoresCase, let properties = Unicode.Scalar(scalar)?.properties else { return [.range(scalar...scalar)] }
        var variants: Set<UInt32> = [scalar]
        for mapping in [properties.lowercaseMapping, properties.uppercaseMapping, properties.titlecaseMapping] {
            let mapped = mapping.unicodeScalars
            if let only = mapped.first, mapped.count == 1 { variants.insert(only.value) }
        }
        // The long s and the Kelvin and angstrom signs fold to letters whose own mappings do not lead back to them.
        for (letter, sign) in [(0x73, 0x17F), (0x6B, 0x212A), (0xE5, 0x212B)] as [(UInt32, UInt32)]
        where variants.contains(letter) {
            variants.insert(sign)
        }
        return variants.sorted().map { .range($0...$0) }
    }

    // MARK: - Reading the pattern

    func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        position + ahead < pattern.count ? pattern[position + ahead] : nil
    }

    mutating func next() throws -> Unicode.Scalar {
        guard let scalar = peek() else { throw unsupported("a pattern that ends too early") }
        position += 1
        return scalar
    }

    mutating func skip(_ text: String) -> Bool {
        guard pattern[position...].starts(with: text.unicodeScalars) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    /// The scalars up to `end`, which is skipped.
    mutating func text(upTo end: Unicode.Scalar) throws -> String {
        var text = String.UnicodeScalarView()
        while true {
            let scalar = try next()
            if scalar == end { return String(text) }
            text.append(scalar)
        }
    }

    func unsupported(_ construct: String) -> PatternError {
        PatternError(message: "\(construct) at character \(position)")
    }
}
