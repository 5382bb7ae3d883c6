import Models
import Testing

@testable import Adapters

@Suite("A pattern in Python's syntax")
struct PythonPatternTests {
    /// Pattern, text, whether `re.fullmatch` and `re.match` match; found with Python.
    static let cases: [(String, String, Bool, Bool)] = [
        ("a|ab", "ab", true, true),
        ("a", "ab", false, true),
        ("b", "ab", false, false),
        ("", "", true, true),
        (#"(?P<first_part>\w+)\.(?P=first_part)"#, "q.q", true, true),
        (#"(?P<first_part>\w+)\.(?P=first_part)"#, "q.k", false, false),
        (#"q\Z"#, "q", true, true),
        (#"[]q[&]+"#, "q[]&", true, true),
        (#"[^]q]"#, "]", false, false),
        (#"[\]a]+"#, "a]", true, true),
        (#"(?i)Q_PROJ"#, "q_proj", true, true),
        (#"(?!.*tower).*q"#, "model.q", true, true),
        (#"(?!.*tower).*q"#, "tower.q", false, false),
        (#"(?<=a)b"#, "b", false, false),
        (#"x{,2}"#, "xx", true, true),
        (#"x{,}y"#, "xxxy", true, true),
        (#"x{2}"#, "x", false, false),
        (#"{x}{a,1}{}"#, "{x}{a,1}{}", true, true),
        (#"q$"#, "q", true, true),
        (#"\\[a"#, #"\a"#, false, false),
    ]

    @Test("matches what Python's re matches", arguments: cases)
    func matches(_ pattern: String, _ text: String, _ whole: Bool, _ prefix: Bool) throws {
        guard let compiled = try? PythonPattern(pattern, setting: "s") else {
            #expect(!whole && !prefix)
            return
        }
        #expect(try compiled.matchesWhole(text) == whole)
        #expect(try compiled.matchesPrefix(text) == prefix)
    }

    @Test("that is invalid is refused", arguments: ["(", ")", "a)(b", "*", "[a", #"\"#, "(?P<a", "(?P=a)", "a{2,1}"])
    func invalid(_ pattern: String) {
        #expect(message { _ = try PythonPattern(pattern, setting: "s") }.hasPrefix("s: \"\(pattern)\" is not a valid"))
    }
}
