extension PatternParser {
    /// Parses what follows an opening bracket, up to its closing one.
    mutating func parseClass() throws -> [ScalarSet.Member] {
        let isNegated = skip("^")
        var members: [ScalarSet.Member] = []
        repeat { members += try parseClassMember() } while !skip("]")
        return isNegated ? [.complement(members)] : members
    }

    private mutating func parseClassMember() throws -> [ScalarSet.Member] {
        if peek() == "&", peek(1) == "&" { throw unsupported("an intersection '&&'") }
        switch try parseClassAtom() {
        case .class(let members): return members
        case .literal(let first):
            guard peek() == "-", let end = peek(1), end != "]" else { return caseVariants(of: first) }
            _ = try next()
            guard case .literal(let last) = try parseClassAtom(), first <= last else { throw unsupported("a range") }
            return try range(first...last)
        }
    }

    private mutating func parseClassAtom() throws -> PatternEscape {
        switch try next() {
        case "[":
            if peek() == ":" { throw unsupported("a POSIX bracket") }
            return .class(try parseClass())
        case "\\": return try parseEscape()
        case let scalar: return .literal(scalar.value)
        }
    }

    private func range(_ range: ClosedRange<UInt32>) throws -> [ScalarSet.Member] {
        guard ignoresCase else { return [.range(range)] }
        guard range.upperBound < 0x80 else { throw unsupported("a range beyond ASCII where case is ignored") }
        return range.flatMap { caseVariants(of: $0) }
    }

    /// Parses what follows a backslash.
    mutating func parseEscape() throws -> PatternEscape {
        let scalar = try next()
        switch scalar {
        case "s": return .class([.whitespace])
        case "S": return .class([.complement([.whitespace])])
        case "d": return .class(Self.digits)
        case "D": return .class([.complement(Self.digits)])
        case "w": return .class(Self.word)
        case "W": return .class([.complement(Self.word)])
        case "p": return .class(try parseProperty(isNegated: false))
        case "P": return .class(try parseProperty(isNegated: true))
        case "n": return .literal(0x0A)
        case "r": return .literal(0x0D)
        case "t": return .literal(0x09)
        case "f": return .literal(0x0C)
        case "v": return .literal(0x0B)
        case "x": return .literal(try parseHexadecimal(digits: 2))
        case "u": return .literal(try parseHexadecimal(digits: 4))
        default: break
        }
        guard scalar.value >= 0x80 || !Character(scalar).isLetter && !Character(scalar).isNumber else {
            throw unsupported("the escape '\\\(scalar)'")
        }
        return .literal(scalar.value)
    }

    private static let digits: [ScalarSet.Member] = [.categories(ScalarCategory.mask("Nd") ?? 0)]
    private static let word: [ScalarSet.Member] = [
        .categories(["L", "M", "Nd", "Pc"].reduce(0) { $0 | (ScalarCategory.mask($1) ?? 0) }),
        .alphabetic,
    ]

    private mutating func parseProperty(isNegated: Bool) throws -> [ScalarSet.Member] {
        guard skip("{") else { throw unsupported("a property without braces") }
        let caret = skip("^")
        let name = try text(upTo: "}")
        guard let mask = ScalarCategory.mask(name) else { throw unsupported("the property '\(name)'") }
        return isNegated != caret ? [.complement([.categories(mask)])] : [.categories(mask)]
    }

    private mutating func parseHexadecimal(digits: Int) throws -> UInt32 {
        var text = ""
        if skip("{") {
            text = try self.text(upTo: "}")
        } else {
            for _ in 0..<digits { text.unicodeScalars.append(try next()) }
        }
        guard let value = UInt32(text, radix: 16), Unicode.Scalar(value) != nil else {
            throw unsupported("the hexadecimal escape '\(text)'")
        }
        return value
    }
}
