extension PythonPattern {
    /// Rewrites the few constructs that Python and ICU spell differently.
    static func translate(_ source: String) -> String {
        var rest = Substring(source)
        var result = ""
        while let character = rest.first {
            if character == "\\" {
                result += escape(&rest)
            } else if character == "[" {
                result += characterClass(&rest)
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
        if let match = rest.prefixMatch(of: /{(\d*)(,?)(\d*)}/), !match.1.isEmpty || !match.2.isEmpty {
            rest.removeFirst(match.0.count)
            return "{" + (match.1.isEmpty ? "0" : match.1) + match.2 + match.3 + "}"
        }
        return "\\" + String(rest.removeFirst())
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
}
