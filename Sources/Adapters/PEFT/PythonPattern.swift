import Foundation

/// A regular expression in the syntax of Python's `re`, in which PEFT's settings are written.
///
/// It runs on ICU (`NSRegularExpression`), which agrees with `re` on everything that module paths need. Translated are
/// named groups (`(?P<n>…)`, `(?P=n)`), `\Z`, braces that are no repetition, and brackets and ampersands inside
/// character classes, which ICU would read as set operations. Python's conditional groups `(?(1)…)`, which ICU
/// does not have, are refused by name, and ICU takes some that Python refuses: bounded look-behinds of varying length, `\h`, a late `(?i)`.
/// A pattern that takes too long on a name is refused with the name.
struct PythonPattern {
    /// The longest pattern, in bytes of UTF-8: far more than anybody writes, and compiled in no time.
    static let longest = 16_384

    private let whole: LimitedExpression
    private let prefix: LimitedExpression
    private let setting: String
    private let written: String

    /// Compiles `source`; `setting` names it in errors.
    ///
    /// - Parameters:
    ///   - written: what the user wrote, where `source` wraps it in an expression of PEFT's.
    ///   - allowance: the work that this and other patterns may take together.
    ///   - hasSets: whether `[a&&b]` and the like are set operations, as in Swift and ICU, instead of Python's plain characters.
    /// - Throws: `AdapterError` for a pattern that is too long, invalid, or has a conditional group.
    init(
        _ source: String, setting: String, written: String? = nil, allowance: LimitedExpression.Allowance = .init(),
        hasSets: Bool = false
    ) throws {
        (self.setting, self.written) = (setting, written ?? source)
        try Self.check(self.written, source, setting)
        // ICU takes no empty expression.
        let translated = source.isEmpty ? "(?:)" : Self.translate(source, hasSets: hasSets)
        do {
            // Compiled by itself first, so that a stray parenthesis cannot pair with one of ours.
            prefix = try LimitedExpression(translated, allowance)
            whole = try LimitedExpression("(?:\(translated))\\z", allowance)
        } catch {
            throw AdapterError(
                .invalidConfiguration,
                "\(setting): \"\(source)\" is not a valid regular expression; check its brackets and backslashes"
                    + " (in JSON and in quoted YAML a backslash is written twice)", setting: setting)
        }
    }

    private static func check(_ written: String, _ source: String, _ setting: String) throws {
        guard written.utf8.count <= longest else {
            throw AdapterError(
                .invalidConfiguration,
                "\(setting): the regular expression \"\(excerpt(written))\" has \(written.utf8.count) bytes, the most are "
                    + "\(longest); shorten it, or list the names", setting: setting)
        }
        guard !hasConditionalGroup(source) else {
            throw AdapterError(
                .unsupported,
                "\(setting): \"\(source)\" has a conditional group, `(?(…)yes|no)`, which Python has but lorad does not "
                    + "support; write its two cases as alternatives, such as `(?:a…b|…c)`", setting: setting)
        }
    }

    /// `re.fullmatch(pattern, text)`.
    ///
    /// - Throws: `AdapterError` where matching takes too long.
    func matchesWhole(_ text: String) throws -> Bool { try match(whole, text) != nil }

    /// `re.match(pattern, text)`: a match that starts where the text starts.
    ///
    /// - Throws: `AdapterError` where matching takes too long.
    func matchesPrefix(_ text: String) throws -> Bool { try match(prefix, text) != nil }

    /// What the last group took in `re.match(pattern, text)`.
    ///
    /// - Throws: `AdapterError` where matching takes too long.
    func lastCapture(in text: String) throws -> Substring? {
        guard let result = try match(prefix, text), result.numberOfRanges > 1 else { return nil }
        return Range(result.range(at: result.numberOfRanges - 1), in: text).map { text[$0] }
    }

    private func match(_ expression: LimitedExpression, _ text: String) throws -> NSTextCheckingResult? {
        do {
            return try expression.match(text)
        } catch is LimitedExpression.Exhausted {
            throw AdapterError(
                .invalidConfiguration,
                "\(setting): the regular expression \"\(Self.excerpt(written))\" takes too long to match the name "
                    + "\"\(Self.excerpt(text))\": a repetition inside a repetition, such as `(a+)+`, and many repetitions in a "
                    + "row, such as `.*.*.*`, can be tried in too many ways. Use one repetition for one part of the name "
                    + "(`a+` instead of `(a+)+`, `[^.]*` instead of `.*`), or list the names", setting: setting)
        }
    }

    private static func excerpt(_ text: String) -> String { text.count > 200 ? text.prefix(200) + "…" : text }
}
