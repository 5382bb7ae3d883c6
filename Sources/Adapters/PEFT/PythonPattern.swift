import Foundation

/// A regular expression in the syntax of Python's `re`, in which PEFT's settings are written.
///
/// It runs on ICU (`NSRegularExpression`), which agrees with `re` on everything that module paths need. Translated are
/// named groups (`(?P<n>…)`, `(?P=n)`), `\Z`, braces that are no repetition, and brackets and ampersands inside
/// character classes, which ICU would read as set operations. Python's conditional groups `(?(1)…)`, which ICU
/// does not have, are refused by name, and ICU takes some that Python refuses: bounded look-behinds of varying length, `\h`, a late `(?i)`.
struct PythonPattern {
    private let whole: NSRegularExpression
    private let prefix: NSRegularExpression

    /// Compiles `source`; `setting` names it in the error.
    init(_ source: String, setting: String) throws {
        // ICU takes no empty expression.
        guard !Self.hasConditionalGroup(source) else {
            throw AdapterError(
                .unsupported,
                "\(setting): \"\(source)\" has a conditional group, `(?(…)yes|no)`, which Python has but lorad does not "
                    + "support; write its two cases as alternatives, such as `(?:a…b|…c)`", setting: setting)
        }
        let translated = source.isEmpty ? "(?:)" : Self.translate(source)
        do {
            // Compiled by itself first, so that a stray parenthesis cannot pair with one of ours.
            prefix = try NSRegularExpression(pattern: translated)
            whole = try NSRegularExpression(pattern: "(?:\(translated))\\z")
        } catch {
            throw AdapterError(
                .invalidConfiguration,
                "\(setting): \"\(source)\" is not a valid regular expression; check its brackets and backslashes"
                    + " (in JSON and in quoted YAML a backslash is written twice)", setting: setting)
        }
    }

    /// `re.fullmatch(pattern, text)`.
    func matchesWhole(_ text: String) -> Bool { Self.first(whole, in: text) != nil }

    /// `re.match(pattern, text)`: a match that starts where the text starts.
    func matchesPrefix(_ text: String) -> Bool { Self.first(prefix, in: text) != nil }

    /// What the last group took in `re.match(pattern, text)`.
    func lastCapture(in text: String) -> Substring? {
        guard let result = Self.first(prefix, in: text), result.numberOfRanges > 1 else { return nil }
        return Range(result.range(at: result.numberOfRanges - 1), in: text).map { text[$0] }
    }

    private static func first(_ expression: NSRegularExpression, in text: String) -> NSTextCheckingResult? {
        let range = NSRange(text.startIndex..., in: text)
        return expression.firstMatch(in: text, options: .anchored, range: range)
    }
}
