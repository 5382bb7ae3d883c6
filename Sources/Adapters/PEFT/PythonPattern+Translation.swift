extension PythonPattern {
    /// Rewrites the few constructs that Python and ICU spell differently.
    ///
    /// - Parameter hasSets: whether character classes keep ICU's set operations.
    static func translate(_ source: String, hasSets: Bool) -> String {
        var rest = Substring(source)
        var result = ""
        while let character = rest.first {
            if character == "\\" {
                result += escape(&rest)
            } else if character == "[" {
                result += hasSets ? set(&rest) : characterClass(&rest)
            } else if character == "{" || character == "}" {
                result += brace(&rest)
            } else if rest.hasPrefix("(?P<") {
                rest.removeFirst(4)
                result += "(?<" + groupName(&rest, until: ">") + ">"
            } else if rest.hasPrefix("(?P=") {
                rest.removeFirst(4)
                result += "\\k<" + groupName(&rest, until: ")") + ">"
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result
    }

    /// Whether there is a group `(?(name)yes|no)`, outside of character classes and not escaped.
    static func hasConditionalGroup(_ source: String) -> Bool {
        var rest = Substring(source)
        while let character = rest.first {
            if rest.hasPrefix("(?(") { return true }
            switch character {
            case "\\": _ = escape(&rest)
            case "[": _ = characterClass(&rest)
            default: rest.removeFirst()
            }
        }
        return false
    }

    /// A backslash and what it escapes; `\Z` is the very end in Python, but comes before a last newline in ICU.
    private static func escape(_ rest: inout Substring) -> String {
        let pair = rest.prefix(2)
        rest.removeFirst(pair.count)
        return pair == "\\Z" ? "\\z" : String(pair)
    }

    /// A repetition; Python lets its lower bound be absent, and takes a brace that begins none literally.
    private static func brace(_ rest: inout Substring) -> String {
        let opening = rest.removeFirst()
        var ahead = rest
        let least = digits(&ahead)
        let hasComma = ahead.first == ","
        if hasComma { ahead.removeFirst() }
        let most = hasComma ? digits(&ahead) : ""
        guard opening == "{", ahead.first == "}", hasComma || !least.isEmpty else { return "\\\(opening)" }
        rest = ahead.dropFirst()
        return "{" + (least.isEmpty ? "0" : least) + (hasComma ? "," : "") + most + "}"
    }

    private static func digits(_ rest: inout Substring) -> Substring {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest[digits.endIndex...]
        return digits
    }

    /// ICU's group names know no underscore.
    private static func groupName(_ rest: inout Substring, until end: Character) -> String {
        let name = rest.prefix { $0 != end }
        rest.removeFirst(min(name.count + 1, rest.count))
        return String(name).replacing("_", with: "U95U")
    }

    /// `[…]`, in which Python takes every `[` and `&`, and a `]` in first place, literally.
    private static func characterClass(_ rest: inout Substring) -> String {
        var result = String(rest.removeFirst())
        if rest.first == "^" { result.append(rest.removeFirst()) }
        if rest.first == "]" {
            rest.removeFirst()
            result += "\\]"
        }
        while let character = rest.first {
            if character == "\\" {
                result += escape(&rest)
                continue
            }
            rest.removeFirst()
            result += character == "[" || character == "&" ? "\\\(character)" : String(character)
            if character == "]" { break }
        }
        return result
    }

    /// `[…]` with all that is nested in it.
    private static func set(_ rest: inout Substring) -> String {
        var result = ""
        var depth = 0
        while let character = rest.first {
            if character == "\\" {
                result += escape(&rest)
                continue
            }
            if character == "[" { depth += 1 }
            if character == "]" { depth -= 1 }
            result.append(rest.removeFirst())
            if depth == 0 { break }
        }
        return result
    }
}
